import type { Follower } from '@portcullis/revocation'
import type { Logger, Metrics } from '@portcullis/runtime'
import type { KeySource } from '@portcullis/service'
import { startAudit } from './audit/start-audit.ts'
import { openMigrated } from './database/database.ts'

/** What is needed to write down what the log says. */
export interface RecordingOptions {
  /** Postgres; what is written goes into the schema `audit`. */
  databaseUrl: string
  /** Public keys of the gateway, which may read the trail. */
  trust: { gateway: KeySource } & Record<string, KeySource>
  /** See `KeepTrailOptions`. */
  warnBehindEvents?: number
}

export interface Recording extends AsyncDisposable {
  /** Of the service `audit`, `/healthz` and `/readyz`. */
  readonly url: string
}

/** What the process says of itself, and where. */
interface Surroundings {
  /** Of the log, which it reads. */
  follower: Follower
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
  const { url } = started.use(await startAudit({ ...options, database }))
  const running = started.move()
  return { url, [Symbol.asyncDispose]: () => running.disposeAsync() }
}
