import { randomBytes } from 'node:crypto'
import { createId, type SessionId } from '@portcullis/context'
import {
  createFollower,
  type Follower,
  type Receipt,
  type ReceiptWait,
} from '@portcullis/revocation'
import { createLogger } from '@portcullis/runtime'
import { createSessionStore } from '@portcullis/sessions'

/** What a gateway has: the truth of sessions, and a follower that waits for the others. */
export interface Revoker extends AsyncDisposable {
  readonly follower: Follower
  startSession(): Promise<SessionId>
  /** Ends a session in Redis and in the log. Resolves to what waits until that is enforced everywhere. */
  revoke(session: SessionId, wait: ReceiptWait): Promise<() => Promise<void>>
}

export interface RevokerOptions {
  readonly redisUrl: string
  readonly leaseMs: number
  readonly replicas: number
}

const logger = createLogger({ name: 'bench', level: 'error' })

export async function createRevoker(options: RevokerOptions): Promise<Revoker> {
  const { redisUrl, replicas } = options
  const instance = createId('ins')
  const secret = () => randomBytes(32).toString('base64url')
  const store = await createSessionStore({
    redisUrl,
    name: 'gateway',
    pepper: secret(),
    tokenKeys: [secret()],
    originator: instance,
    replicas,
  })
  const { repair } = store
  const follower = await createFollower({ ...options, name: 'gateway', instance, repair, logger })

  return {
    follower,
    async startSession() {
      const { session } = await store.start({ subject: createId('usr'), methods: ['pwd'] })
      return session.id
    },
    async revoke(session, wait) {
      const startedAt = performance.now()
      const { ended: _, ...made } = await store.revoke({ session }, { cause: 'bench' })
      return async () => {
        const change = { ...made, id: createId('chg'), startedAt, wait }
        assertAcknowledged(await follower.enforce(change), wait)
      }
    },
    async [Symbol.asyncDispose]() {
      await follower[Symbol.asyncDispose]()
      await store[Symbol.asyncDispose]()
    },
  }
}

/** Anything else is not what is timed here: waiting for the end of a lease measures a clock. */
function assertAcknowledged({ level, durable, instances }: Receipt, wait: ReceiptWait) {
  const isSilent = instances.some(({ state }) => state !== 'acknowledged')
  const isShort = wait === 'durable' && !durable
  if (level === 'enforced' && !isSilent && !isShort) return
  throw new Error(`a receipt was ${level}, durable ${durable}, silent ${isSilent}`)
}
