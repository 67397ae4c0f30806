import type { ComposeRouters } from '@portcullis/gateway'
import { createTRPCClient, getFetch, httpBatchLink, httpLink } from '@trpc/client'
import type { ServiceRouter } from './services/routers.ts'

type Router = ComposeRouters<{
  orders: ServiceRouter
  accounts: ServiceRouter
  billing: ServiceRouter
}>

/** Milliseconds until all five calls of a page over three services are answered. */
export interface WayTimes {
  /** From asking the client, which waits for further calls before it sends a batch. */
  readonly asked: number[]
  /** From the first request that leaves. */
  readonly sent: number[]
}

/** By the way in which a page is loaded. */
export interface PageTimes {
  readonly batched: WayTimes
  readonly unbatched: WayTimes
}

export interface PagesOptions {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly pages: number
}

/** Loads pages with a stock client, in turn as one batch and as five requests at the same time. */
export async function timePages({ pages, ...target }: PagesOptions): Promise<PageTimes> {
  const batching = createWay(target, httpBatchLink)
  const single = createWay(target, httpLink)
  for (let page = 0; page < pages; page += 1) {
    const inTurn = page % 2 === 0 ? [batching, single] : [single, batching]
    for (const way of inTurn) await way.load()
  }
  return { batched: batching.times, unbatched: single.times }
}

function createWay(
  target: Omit<PagesOptions, 'pages'>,
  link: typeof httpBatchLink | typeof httpLink,
) {
  let firstSent: number | undefined
  const plain = getFetch()
  const watched: typeof plain = (input, init) => {
    firstSent ??= performance.now()
    return plain(input, init)
  }
  const client = createTRPCClient<Router>({ links: [link({ ...target, fetch: watched })] })
  const times: WayTimes = { asked: [], sent: [] }
  return {
    times,
    async load() {
      firstSent = undefined
      const asked = performance.now()
      await loadPage(client)
      const answered = performance.now()
      times.asked.push(answered - asked)
      times.sent.push(answered - (firstSent ?? asked))
    },
  }
}

async function loadPage({
  orders,
  accounts,
  billing,
}: ReturnType<typeof createTRPCClient<Router>>) {
  await Promise.all([
    orders.get.query({ id: 0 }),
    accounts.get.query({ id: 1 }),
    billing.get.query({ id: 2 }),
    orders.get.query({ id: 3 }),
    accounts.get.query({ id: 4 }),
  ])
}
