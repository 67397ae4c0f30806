import { createJobWorker, createQueue } from '@portcullis/jobs'
import type { Logger, Metrics } from '@portcullis/runtime'
import type { Database } from '../database/database.ts'
import type { WatchedQueue } from '../operations/dead-letters.ts'
import { deliver } from './deliver.ts'
import { eventsDeliver } from './deliver-job.ts'
import { createDeliveries } from './deliveries.ts'
import { createDeliveryMetrics } from './delivery-metrics.ts'
import { createEventKeys, type EventKey } from './event-keys.ts'
import { type Feed, startFeed } from './feed.ts'
import { keepForgetting } from './keep-forgetting.ts'
import { startKeyServer } from './key-server.ts'
import type { SetIssuer } from './message.ts'
import type { Receiver } from './receiver.ts'
import { createReceivers, type Receivers } from './receivers.ts'
import type { TrailEvent } from './security-event.ts'
import { createTransmitter } from './transmit.ts'
import { wants } from './wants.ts'

export interface DeliveryOptions {
  readonly receivers: readonly Receiver[]
  /** Who says what the tokens say. Needed if any receiver has tokens. */
  readonly issuing?: IssuingOptions | undefined
}

interface IssuingOptions {
  /** `iss`: an https address of this installation's own. */
  readonly issuer: string
  /** The first one signs. */
  readonly keys: readonly EventKey[]
  /** Where the public halves are served. Default 0, a free one. */
  readonly keysPort?: number
}

interface Surroundings {
  readonly database: Database
  readonly connection: { redisUrl: string; name: string; logger: Logger }
  readonly lockMs: number
  readonly host: string
  readonly logger: Logger
  readonly metrics?: Metrics | undefined
  /** The queue of deliveries is added. */
  readonly queues: Map<string, WatchedQueue>
}

export interface Delivery extends AsyncDisposable {
  /** For whoever administers it. */
  readonly receivers: Receivers
  /** Where the keys of tokens are served, if there are any. */
  readonly keysUrl: string | undefined
  /** The trail has grown. */
  wake(): void
  isReady(): boolean
}

/**
 * Tells others of what is in the trail, each at their own pace: an event is in the trail first, so that nothing is lost with the
 * Redis of the queues.
 *
 * @throws {JobError} `ERR_QUEUE_UNAVAILABLE`
 * @throws {TypeError} when a key cannot sign; and when Postgres is away or the address of the keys is taken.
 */
export async function startDelivery(options: DeliveryOptions & Surroundings): Promise<Delivery> {
  const { database, connection, lockMs, host, logger, queues, issuing } = options
  await using started = new AsyncDisposableStack()
  const deliveries = createDeliveries(database)
  for (const receiver of options.receivers) await deliveries.begin(receiver)
  const issuer = issuing && (await issuerOf(issuing))
  const keyServer =
    issuer && started.use(await startKeyServer(issuer, { host, port: issuing?.keysPort ?? 0 }))
  const queue = started.use(await createQueue({ job: eventsDeliver, ...connection }))
  queues.set(eventsDeliver.name, queue)
  const measured = started.use(createDeliveryMetrics({ ...options, deliveries }))
  started.use(keepForgetting({ deliveries, logger }))

  const feeds = new Map<string, Feed>()
  const known = new Map(
    options.receivers.map((receiver) => {
      const transmitter = started.use(createTransmitter(receiver))
      return [receiver.name, { receiver, transmitter }] as const
    }),
  )
  const worker = started.use(
    await createJobWorker({
      job: eventsDeliver,
      ...connection,
      lockMs,
      // As many as can be under way: none waits for another one's receiver.
      concurrency: options.receivers.reduce((sum, { inFlight }) => sum + inFlight, 1),
      process: async (data, run) => {
        const delivering = { deliveries, receivers: known, issuer, onOutcome: measured.onOutcome }
        try {
          return await deliver(delivering, data, run)
        } finally {
          feeds.get(data.receiver)?.wake()
        }
      },
    }),
  )
  for (const receiver of options.receivers) {
    const { name, inFlight } = receiver
    const issuable = { name, inFlight, wants: (event: TrailEvent) => wants(receiver, event) }
    feeds.set(name, started.use(startFeed({ receiver: issuable, deliveries, queue, logger })))
  }

  const running = started.move()
  return {
    receivers: createReceivers({ receivers: options.receivers, deliveries, feeds }),
    keysUrl: keyServer?.url,
    wake() {
      for (const feed of feeds.values()) feed.wake()
    },
    isReady: worker.isReady,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

async function issuerOf({ issuer, keys }: IssuingOptions): Promise<SetIssuer> {
  return { issuer, keys: await createEventKeys(keys) }
}
