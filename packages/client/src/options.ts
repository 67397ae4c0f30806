import type { HTTPBatchLinkOptions, httpSubscriptionLink, TRPCFetch } from '@trpc/client'
import type { AnyTRPCRouter } from '@trpc/server'
import type { SessionEndOptions } from './session-end-link.ts'

/** Calls in one request; the most that a gateway takes by default. */
export const DEFAULT_MAX_ITEMS = 50
/** Characters in one URL. Together with cookies and headers it fits the 16 KiB that a gateway takes. */
export const DEFAULT_MAX_URL_LENGTH = 8_000

/** Where and how calls are sent. `transformer` is required exactly when the services have one. */
export type PortcullisClientOptions<Router extends AnyTRPCRouter> = Pick<
  HTTPBatchLinkOptions<Router['_def']['_config']['$types']>,
  'transformer'
> &
  TransportOptions &
  SessionEndOptions

export interface TransportOptions {
  /** The gateway: absolute, or a path if the page comes from the same origin. */
  url: string | URL
  /** Calls in one request; more go out as several. A positive integer. Default 50. */
  maxItems?: number
  /** Characters in one URL; queries that would exceed it together go out as several. From 100. Default 8000. */
  maxURLLength?: number
  /** For calls. Default: the global one. */
  fetch?: TRPCFetch
  /** For subscriptions. Default: the global one, which browsers have and Node has not. */
  EventSource?: EventSourceClass
}

/** A class like the `EventSource` of browsers, as tRPC's `httpSubscriptionLink` takes it. */
export type EventSourceClass = NonNullable<
  Parameters<typeof httpSubscriptionLink>[0]['EventSource']
>

/** @throws {TypeError} that names the option out of range. */
export function parseTransport(options: TransportOptions) {
  const { maxItems = DEFAULT_MAX_ITEMS, maxURLLength = DEFAULT_MAX_URL_LENGTH } = options
  assertInteger('maxItems', maxItems, 1)
  assertInteger('maxURLLength', maxURLLength, 100)
  return { url: String(options.url), maxItems, maxURLLength }
}

function assertInteger(name: string, value: number, least: number): void {
  if (!Number.isInteger(value) || value < least) {
    throw new TypeError(`${name} must be an integer of at least ${least}, not ${value}`)
  }
}
