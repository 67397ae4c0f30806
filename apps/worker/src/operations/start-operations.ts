import type { AssertionSigner, Jwks } from '@portcullis/context'
import { createJobWorker, createQueue } from '@portcullis/jobs'
import { createGatewayRevoker, type Follower } from '@portcullis/revocation'
import { type Logger, type Metrics, systemClock } from '@portcullis/runtime'
import { createService } from '@portcullis/service'
import type { AccountsClient } from '../accounts-client.ts'
import { type DashboardOptions, startDashboard } from '../dashboard/start-dashboard.ts'
import type { Receivers } from '../delivery/receivers.ts'
import { createDeadLetters, type WatchedQueue } from './dead-letters.ts'
import { OPERATOR } from './operator-procedure.ts'
import { createRevocations } from './revocations.ts'
import { revokeAll } from './revoke-all.ts'
import { sessionsRevoke } from './revoke-job.ts'
import { createOperationsRouter } from './router.ts'

/** Jobs of this kind at once in one process, each with its steps at once. */
const CONCURRENCY = 3

export interface OperationsOptions {
  /** A gateway whose `relay.mayRevoke` names `worker`, or several that are tried in turn. */
  readonly gatewayUrl: string | readonly string[]
  /** Public keys of the gateway. */
  readonly trust: { readonly gateway: Jwks } & Readonly<Record<string, Jwks>>
  /** Of the service `operations`. Default 0, a free one. */
  readonly operationsPort?: number
  /** The queues for people to look at. Default none. */
  readonly dashboard?: DashboardOptions | undefined
}

interface Surroundings {
  readonly accounts: Pick<AccountsClient, 'listMembers'>
  readonly assertion: AssertionSigner
  /** Who is told of events, if anybody is. */
  readonly receivers: Receivers | undefined
  /** Of the log, for contexts. */
  readonly follower: Follower
  readonly connection: { redisUrl: string; name: string; logger: Logger }
  readonly lockMs: number
  readonly host: string
  readonly logger: Logger
  readonly metrics?: Metrics | undefined
  /** Every other queue of the process by the name of its job; that of revocations is added. */
  readonly queues: Map<string, WatchedQueue>
}

export interface Operations extends AsyncDisposable {
  /** Of the service `operations`. */
  readonly url: string
  isReady(): boolean
}

/**
 * Bulk revocations, and the service in which administrators ask for them.
 *
 * @throws {JobError} `ERR_QUEUE_UNAVAILABLE`
 */
export async function startOperations(
  options: OperationsOptions & Surroundings,
): Promise<Operations> {
  const { gatewayUrl, assertion, follower, trust, connection, logger, metrics, queues } = options
  await using started = new AsyncDisposableStack()
  const revoker = createGatewayRevoker({ gatewayUrl, assertion })
  const queue = started.use(await createQueue({ job: sessionsRevoke, ...connection }))
  queues.set(sessionsRevoke.name, queue)
  const working = started.use(
    await createJobWorker({
      job: sessionsRevoke,
      ...connection,
      lockMs: options.lockMs,
      concurrency: CONCURRENCY,
      process: (data, run) => revokeAll({ revoker, accounts: options.accounts }, data, run),
    }),
  )
  const looking = { gatewayUrl, assertion, trust, connection, follower, permission: OPERATOR }
  const dashboard = options.dashboard
    ? started.use(
        await startDashboard({ ...options.dashboard, ...looking, names: [...queues.keys()] }),
      )
    : undefined
  const service = createService({
    name: 'operations',
    router: createOperationsRouter({
      revocations: createRevocations(queue, systemClock.wall),
      deadLetters: createDeadLetters(queues),
      receivers: options.receivers,
      dashboard,
    }),
    ...{ keys: trust.gateway, trust, follower, metrics, logger },
    ready: async () => working.isReady(),
  })
  const { host, operationsPort: port = 0 } = options
  const { url } = started.use(await service.listen({ host, port }))
  const running = started.move()
  return {
    url,
    isReady: working.isReady,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}
