import type { AssertionSigner } from '@portcullis/context'
import { createFollower } from '@portcullis/revocation'
import type { Logger, Metrics } from '@portcullis/runtime'
import type { AccountsClient } from './accounts-client.ts'
import { startHealthServer } from './health-server.ts'
import type { WatchedQueue } from './operations/dead-letters.ts'
import {
  type Operations,
  type OperationsOptions,
  startOperations,
} from './operations/start-operations.ts'
import { type RecordingOptions, startRecording } from './start-recording.ts'

/** How the log is reached: at its Redis, or through a gateway, which cannot be written down from. */
type LogOptions =
  | { readonly redisUrl: string; readonly replicas?: number; readonly leaseMs?: number }
  | { readonly gatewayUrl: string | readonly string[]; readonly leaseMs?: number }

/** What follows the log; all of it shares one follower. */
export interface FollowingOptions {
  readonly log: LogOptions
  /** Revocations in bulk and their procedures. Default none. */
  readonly operations?: OperationsOptions | undefined
  /** Where the log is written down. Default nowhere: there is no audit trail. */
  readonly recording?: RecordingOptions | undefined
}

interface Surroundings {
  readonly accounts: Pick<AccountsClient, 'listMembers'>
  readonly assertion: AssertionSigner
  readonly connection: { redisUrl: string; name: string; logger: Logger }
  readonly lockMs: number
  readonly host: string
  readonly port: number
  /** Of everything else in the process. */
  readonly isReady: () => boolean
  readonly logger: Logger
  readonly metrics?: Metrics | undefined
  /** Queues of the process by the name of their jobs; those of operations are added. */
  readonly queues: Map<string, WatchedQueue>
}

export interface Following extends AsyncDisposable {
  /** Of `/healthz`, `/readyz`, and of the service `audit` if there is a trail. */
  readonly url: string
  /** Of the service `operations`, if there is one. */
  readonly operationsUrl: string | undefined
  /** Where the keys of Security Event Tokens are served, if there are any. */
  readonly keysUrl: string | undefined
}

/**
 * Starts what follows the log.
 *
 * @throws {RevocationError} `ERR_LOG_UNREADABLE` when the log cannot be reached at the start.
 * @throws as `startOperations` and `startRecording` do.
 */
export async function startFollowing(options: FollowingOptions & Surroundings): Promise<Following> {
  const { log, operations, recording, assertion, connection, logger, metrics } = options
  await using started = new AsyncDisposableStack()
  const followed = { name: connection.name, logger, metrics }
  const follower = started.use(
    await createFollower(
      'redisUrl' in log ? { ...followed, ...log } : { ...followed, ...log, assertion },
    ),
  )
  let operating: Operations | undefined
  const isReady = () =>
    options.isReady() && (operations === undefined || (operating?.isReady() ?? false))
  const recorded = recording
    ? started.use(await startRecording({ ...options, ...recording, follower, isReady }))
    : undefined
  const { url } = recorded ?? started.use(await startHealthServer({ ...options, isReady }))
  if (operations) {
    const { receivers } = recorded ?? {}
    const told = { ...options, ...operations, follower, receivers }
    operating = started.use(await startOperations(told))
  }
  const running = started.move()
  return {
    url,
    operationsUrl: operating?.url,
    keysUrl: recorded?.keysUrl,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}
