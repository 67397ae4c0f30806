import type { ComposeRouters } from '@portcullis/gateway'
import { createTRPCClient, httpBatchLink, httpLink } from '@trpc/client'
import type { ServiceRouter } from './services/routers.ts'

type Router = ComposeRouters<{
  orders: ServiceRouter
  accounts: ServiceRouter
  billing: ServiceRouter
}>

/** Milliseconds until all five calls of a page over three services are answered. */
export interface PageTimes {
  readonly batched: number[]
  readonly unbatched: number[]
}

export interface PagesOptions {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly pages: number
}

/** Loads pages with a stock client, in turn as one batch and as five requests at the same time. */
export async function timePages({ url, headers, pages }: PagesOptions): Promise<PageTimes> {
  const link = { url, headers }
  const batching = createTRPCClient<Router>({ links: [httpBatchLink(link)] })
  const single = createTRPCClient<Router>({ links: [httpLink(link)] })
  const times: PageTimes = { batched: [], unbatched: [] }
  for (let page = 0; page < pages; page += 1) {
    const batched = async () => times.batched.push(await timePage(batching))
    const unbatched = async () => times.unbatched.push(await timePage(single))
    const inTurn = page % 2 === 0 ? [batched, unbatched] : [unbatched, batched]
    for (const load of inTurn) await load()
  }
  return times
}

async function timePage({
  orders,
  accounts,
  billing,
}: ReturnType<typeof createTRPCClient<Router>>) {
  const from = performance.now()
  await Promise.all([
    orders.get.query({ id: 0 }),
    accounts.get.query({ id: 1 }),
    billing.get.query({ id: 2 }),
    orders.get.query({ id: 3 }),
    accounts.get.query({ id: 4 }),
  ])
  return performance.now() - from
}
