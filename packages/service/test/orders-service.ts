import type { Follower } from '@portcullis/revocation'
import { createLogger, type Logger, type Metrics } from '@portcullis/runtime'
import {
  createTRPCClient,
  httpBatchLink,
  httpBatchStreamLink,
  httpSubscriptionLink,
  TRPCClientError,
} from '@trpc/client'
import { EventSource } from 'eventsource'
import { createService, type ServiceLimits } from '../src/index.ts'
import { createIdentities, type Identities } from './identities.ts'
import { createJournal, createOrdersRouter, type Journal, type OrdersApi } from './orders-router.ts'
import { ScriptedFollower } from './scripted-follower.ts'

export const silent: Logger = createLogger({ name: 'test', level: 'silent' })

export interface OrdersOptions {
  follower?: Follower
  identities?: Identities
  limits?: Partial<ServiceLimits>
  ready?: () => boolean
  port?: number
  metrics?: Metrics
  streamLeaseWaitMs?: number
}

export interface RunningOrders extends AsyncDisposable {
  readonly url: string
  readonly identities: Identities
  readonly journal: Journal
  close(): Promise<void>
}

/** The orders service on a free port. */
export async function startOrders(options: OrdersOptions = {}): Promise<RunningOrders> {
  const { follower = new ScriptedFollower(), identities = await createIdentities() } = options
  const journal = createJournal()
  const service = createService({
    name: 'orders',
    router: createOrdersRouter(journal),
    keys: identities.keys,
    trust: identities.trust,
    follower,
    logger: silent,
    ...(options.limits && { limits: options.limits }),
    ...(options.streamLeaseWaitMs !== undefined && {
      streamLeaseWaitMs: options.streamLeaseWaitMs,
    }),
    metrics: options.metrics,
    ...(options.ready && { ready: options.ready }),
  })
  const { url, close } = await service.listen(
    options.port === undefined ? {} : { port: options.port },
  )
  return { url, identities, journal, close, [Symbol.asyncDispose]: close }
}

type HeaderSource = Record<string, string> | (() => Promise<Record<string, string>>)

/** A stock client; calls of one turn go out as one batch. */
export function createClient(url: string, headers: HeaderSource = {}) {
  return createTRPCClient<OrdersApi>({ links: [httpBatchLink({ url, headers })] })
}

/** A stock client whose queries may stream. */
export function createStreamingClient(url: string, headers: HeaderSource = {}) {
  return createTRPCClient<OrdersApi>({ links: [httpBatchStreamLink({ url, headers })] })
}

type EventSourceFetch = NonNullable<ConstructorParameters<typeof EventSource>[1]>['fetch']

/** A stock client that subscribes by server-sent events; `headers` are asked for at each connection. */
export function createSubscriber(url: string, headers: () => Promise<Record<string, string>>) {
  const fetchAs: EventSourceFetch = async (input, init) =>
    fetch(input, { ...init, headers: { ...init.headers, ...(await headers()) } })
  return createTRPCClient<OrdersApi>({
    links: [
      httpSubscriptionLink({ url, EventSource, eventSourceOptions: () => ({ fetch: fetchAs }) }),
    ],
  })
}

/** How a call was refused: HTTP status, tRPC code and Portcullis code. */
export async function refusalOf(call: Promise<unknown>): Promise<unknown[]> {
  const error = await call.then(
    () => new Error('the call was answered'),
    (caught: unknown) => caught,
  )
  return describeRefusal(error)
}

export function describeRefusal(error: unknown): unknown[] {
  if (!(error instanceof TRPCClientError)) throw error
  const { httpStatus, code, portcullis } = error.data ?? {}
  return [httpStatus, code, portcullis?.code]
}
