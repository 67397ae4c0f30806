import { randomBytes } from 'node:crypto'
import { createId, type SessionId } from '@portcullis/context'
import { createFollower, type Follower } from '@portcullis/revocation'
import { createLogger } from '@portcullis/runtime'
import { createSessionStore } from '@portcullis/sessions'

/** What a gateway has: the truth of sessions, and a follower that waits for the others. */
export interface Revoker extends AsyncDisposable {
  readonly follower: Follower
  startSessions(count: number): Promise<SessionId[]>
  /** Ends a session in Redis and in the log. Resolves to what waits until that is enforced everywhere. */
  revoke(session: SessionId): Promise<() => Promise<void>>
}

export interface RevokerOptions {
  readonly redisUrl: string
  readonly leaseMs: number
}

const logger = createLogger({ name: 'bench', level: 'error' })

export async function createRevoker({ redisUrl, leaseMs }: RevokerOptions): Promise<Revoker> {
  const instance = createId('ins')
  const secret = () => randomBytes(32).toString('base64url')
  const store = await createSessionStore({
    redisUrl,
    name: 'gateway',
    pepper: secret(),
    tokenKeys: [secret()],
    originator: instance,
  })
  const { repair } = store
  const of = { redisUrl, name: 'gateway', instance, leaseMs, repair, logger }
  const follower = await createFollower(of)

  return {
    follower,
    async startSessions(count) {
      const start = () => store.start({ subject: createId('usr'), methods: ['pwd'] })
      const started = await Promise.all(Array.from({ length: count }, start))
      return started.map(({ session }) => session.id)
    },
    async revoke(session) {
      const startedAt = performance.now()
      const { position } = await store.revoke({ session }, { cause: 'bench' })
      return async () => {
        const receipt = await follower.enforce({ id: createId('chg'), position, startedAt })
        const silent = receipt.instances.find(({ state }) => state !== 'acknowledged')
        // Waiting a lease out would measure a clock.
        if (receipt.level !== 'enforced' || silent)
          throw new Error(`not all answered: ${receipt.level}`)
      }
    },
    async [Symbol.asyncDispose]() {
      await follower[Symbol.asyncDispose]()
      await store[Symbol.asyncDispose]()
    },
  }
}
