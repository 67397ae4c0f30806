import type { Follower } from '@portcullis/revocation'
import type { Logger, Metrics } from '@portcullis/runtime'
import { createService, type KeySource, type ListenOptions } from '@portcullis/service'
import type { Database } from '../database/database.ts'
import { keepTrail } from './keep-trail.ts'
import { createAuditRouter } from './router.ts'
import { createTrail } from './trail.ts'

export interface AuditOptions extends ListenOptions {
  readonly database: Database
  readonly follower: Follower
  /** Public keys of the gateway, which alone may read the trail. */
  readonly trust: { readonly gateway: KeySource } & Readonly<Record<string, KeySource>>
  readonly logger: Logger
  readonly metrics?: Metrics | undefined
  readonly warnBehindEvents?: number | undefined
  readonly isReady: () => boolean
  readonly onWritten?: (() => void) | undefined
}

export interface RunningAudit extends AsyncDisposable {
  /** Of the service `audit`. */
  readonly url: string
}

/** Writes the log into Postgres, and answers gateways that ask for it. @throws when the address is taken. */
export async function startAudit(options: AuditOptions): Promise<RunningAudit> {
  const { database, follower, trust, logger, metrics } = options
  await using started = new AsyncDisposableStack()
  started.use(keepTrail({ ...options, trail: createTrail(database) }))
  const service = createService({
    name: 'audit',
    router: createAuditRouter(database),
    keys: trust.gateway,
    trust,
    follower,
    metrics,
    logger,
    ready: options.isReady,
  })
  const { url } = started.use(await service.listen(options))
  const running = started.move()
  return { url, [Symbol.asyncDispose]: () => running.disposeAsync() }
}
