import type { TRPCClient } from '@trpc/client'
import type { AnyTRPCRouter } from '@trpc/server'
import { createPortcullisClient as createClient } from './client.ts'
import { createCookieEventSource } from './cookie-event-source.ts'
import { type CookieFetch, createCookieFetch } from './cookie-fetch.ts'
import { type CookieStore, createCookieStore } from './cookie-store.ts'
import type { EventSourceClass, PortcullisClientOptions } from './options.ts'

export type NodeClientOptions<Router extends AnyTRPCRouter> = PortcullisClientOptions<Router> & {
  /** Default: a store of its own, so the client is a device of its own. */
  cookies?: CookieStore
}

/**
 * The client of `@portcullis/client` for a process without a browser's cookies and `EventSource`. The URL is absolute.
 *
 * @throws {TypeError} that names an option out of range.
 */
export function createPortcullisClient<Router extends AnyTRPCRouter>(
  options: NodeClientOptions<Router>,
): TRPCClient<Router> {
  return createClient<Router>({ ...createNodeTransport(options.cookies), ...options })
}

/** What `createPortcullisLinks` and tRPC's own links need on Node: `fetch` and `EventSource` over one cookie store. */
export function createNodeTransport(cookies: CookieStore = createCookieStore()): {
  fetch: CookieFetch
  EventSource: EventSourceClass
} {
  const fetch = createCookieFetch(cookies)
  return { fetch, EventSource: createCookieEventSource(fetch) }
}

export { type CookieStore, createCookieStore } from './cookie-store.ts'
