import type { ComposeRouters } from '@portcullis/gateway'
import { createTRPCClient, httpBatchLink, httpLink } from '@trpc/client'
import { type Agent, fetch } from 'undici'
import { BROWSER_HEADERS } from '../peers/browser.ts'
import { SERVICES, type ServiceName } from './answer.ts'
import { type Bytes, createCountedConnections } from './counted-connections.ts'
import type { ServiceRouter } from './peers/service-router.ts'

type Router = ComposeRouters<Record<ServiceName, ServiceRouter>>

/** What one page took. */
export interface PageLoad extends Bytes {
  readonly ms: number
}

export interface PageLoader extends AsyncDisposable {
  /** Resolves when all calls are answered. */
  load(): Promise<PageLoad>
}

export interface PageLoaderOptions {
  readonly url: string
  /** What says who asks. */
  readonly credentials: Readonly<Record<string, string>>
  readonly isBatched: boolean
}

export const CALLS = 20

/** A stock client with connections of its own, which stay open from page to page as a browser's do. */
export function createPageLoader(options: PageLoaderOptions): PageLoader {
  const { url, credentials, isBatched } = options
  const connections = createCountedConnections()
  const link = {
    url,
    headers: { ...BROWSER_HEADERS, ...credentials },
    fetch: fetchThrough(connections.agent),
  }
  const client = createTRPCClient<Router>({
    links: [isBatched ? httpBatchLink(link) : httpLink(link)],
  })
  return {
    async load() {
      const before = connections.bytes()
      const from = performance.now()
      await Promise.all(Array.from({ length: CALLS }, (_, id) => ask(client, id)))
      const ms = performance.now() - from
      const after = connections.bytes()
      return { ms, sent: after.sent - before.sent, received: after.received - before.received }
    },
    [Symbol.asyncDispose]: () => connections[Symbol.asyncDispose](),
  }
}

/** Queries only: there is no body. */
function fetchThrough(dispatcher: Agent): NonNullable<Parameters<typeof httpLink>[0]['fetch']> {
  return (input, init) => {
    const headers = Object.fromEntries(new Headers(init?.headers))
    return fetch(String(input), { headers, signal: init?.signal ?? null, dispatcher })
  }
}

function ask(client: ReturnType<typeof createTRPCClient<Router>>, id: number) {
  const service = SERVICES[id % SERVICES.length] as ServiceName
  return client[service].get.query({ id })
}
