import {
  httpBatchLink,
  httpSubscriptionLink,
  splitLink,
  type TRPCFetch,
  type TRPCLink,
} from '@trpc/client'
import type { AnyTRPCRouter, TRPCDataTransformer } from '@trpc/server'
import { atLeastHeaders } from './at-least.ts'
import { type PortcullisClientOptions, parseTransport } from './options.ts'
import { createSessionEndLink } from './session-end-link.ts'

/**
 * The links of a client of the gateway, for `createTRPCClient`: calls in batches, subscriptions as server-sent events,
 * both with the session's cookie. A call with `{ context: { atLeast } }`, as a change of claims answered it, is decided by
 * that change or anything newer. Links of your own go before them.
 *
 * @throws {TypeError} that names an option out of range.
 */
export function createPortcullisLinks<Router extends AnyTRPCRouter>(
  options: PortcullisClientOptions<Router>,
): TRPCLink<Router>[] {
  const { url, ...limits } = parseTransport(options)
  // The signature has checked it against the router; here there is only what is done to a value.
  const transformer = (options.transformer ?? PLAIN_JSON) as TRPCDataTransformer
  const subscriptions = httpSubscriptionLink({
    url,
    transformer,
    ...(options.EventSource && { EventSource: options.EventSource }),
    eventSourceOptions: { withCredentials: true },
  })
  const calls = httpBatchLink({
    url,
    transformer,
    ...limits,
    fetch: withCookies(options.fetch),
    headers: ({ opList }) => atLeastHeaders(opList),
  })
  return [
    createSessionEndLink<Router>(options),
    splitLink<Router>({
      condition: (operation) => operation.type === 'subscription',
      true: subscriptions,
      false: calls,
    }),
  ]
}

const PLAIN_JSON: TRPCDataTransformer = {
  serialize: (value) => value,
  deserialize: (value) => value,
}

function withCookies(send: TRPCFetch = (url, init) => fetch(url, init)) {
  return (url: unknown, init?: object) => send(String(url), { ...init, credentials: 'include' })
}
