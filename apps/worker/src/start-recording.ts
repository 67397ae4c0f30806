import type { Follower } from '@portcullis/revocation'
import type { Logger, Metrics } from '@portcullis/runtime'
import type { KeySource } from '@portcullis/service'
import { startAudit } from './audit/start-audit.ts'
import { openMigrated } from './database/database.ts'
import type { Receivers } from './delivery/receivers.ts'
import { type DeliveryOptions, startDelivery } from './delivery/start-delivery.ts'
import type { WatchedQueue } from './operations/dead-letters.ts'

/** What is needed to write down what the log says. */
export interface RecordingOptions {
  /** Postgres; what is written goes into the schema `audit`. */
  databaseUrl: string
  /** Public keys of the gateway, which may read the trail. */
  trust: { gateway: KeySource } & Record<string, KeySource>
  /** See `KeepTrailOptions`. */
  warnBehindEvents?: number
  /** Who is told of what is written down. Default nobody. */
  delivery?: DeliveryOptions | undefined
}

export interface Recording extends AsyncDisposable {
  /** Of the service `audit`, `/healthz` and `/readyz`. */
  readonly url: string
  /** Where the keys of Security Event Tokens are served, if there are any. */
  readonly keysUrl: string | undefined
  /** Who is told of events, if anybody is. */
  readonly receivers: Receivers | undefined
}

/** What the process says of itself, and where. */
interface Surroundings {
  /** Of the log, which it reads. */
  follower: Follower
  connection: { redisUrl: string; name: string; logger: Logger }
  lockMs: number
  queues: Map<string, WatchedQueue>
  host: string
  port: number
  isReady: () => boolean
  logger: Logger
  metrics?: Metrics | undefined
}

/**
 * Writes the log down. From then on Postgres may be away.
 *
 * @throws when it cannot be reached at the start, or the address is taken.
 */
export async function startRecording(options: RecordingOptions & Surroundings): Promise<Recording> {
  const { databaseUrl, logger } = options
  await using started = new AsyncDisposableStack()
  const database = started.use(await openMigrated({ url: databaseUrl, logger }))
  const delivery = options.delivery
    ? started.use(await startDelivery({ ...options, ...options.delivery, database }))
    : undefined
  const isReady = () => options.isReady() && (delivery?.isReady() ?? true)
  const auditing = { ...options, database, isReady, onWritten: delivery?.wake }
  const { url } = started.use(await startAudit(auditing))
  const running = started.move()
  return {
    url,
    keysUrl: delivery?.keysUrl,
    receivers: delivery?.receivers,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}
