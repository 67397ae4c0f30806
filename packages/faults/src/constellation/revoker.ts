import { createId } from '@portcullis/context'
import { createFollower, type Follower } from '@portcullis/revocation'
import { createLogger } from '@portcullis/runtime'
import { createSessionStore, type SessionStore } from '@portcullis/sessions'
import { type Instant, instant, type RevocationAttempt } from '../history/history.ts'
import type { Secrets } from '../instances/secrets.ts'
import type { Visitor } from '../instances/visitor.ts'

/** Signs people in and ends their sessions, with the parts of which a gateway is made. */
export interface Revoker extends AsyncDisposable {
  readonly follower: Follower
  readonly store: SessionStore
  signIn(name: string): Promise<Visitor>
  /** One attempt under this id; never rejects. */
  revoke(visitor: Visitor, what: 'session' | 'subject', id: string): Promise<RevocationAttempt>
}

export interface RevokerOptions {
  readonly redisUrl: string
  readonly secrets: Secrets
  readonly leaseMs: number
  readonly replicas: number
}

const logger = createLogger({ name: 'faults', level: 'silent' })
const CAUSE = 'fault-harness'

export async function createRevoker(options: RevokerOptions): Promise<Revoker> {
  const { redisUrl, secrets, leaseMs, replicas } = options
  const { pepper, tokenKeys } = secrets
  const name = 'revoker'
  const instance = createId('ins')
  let adopted: Follower | undefined
  const store = await createSessionStore({
    redisUrl,
    name,
    pepper,
    tokenKeys,
    originator: instance,
    // Not before there is a follower: none can have left an epoch behind.
    adoptedEpoch: () => adopted?.position.epoch ?? 0,
  })
  const { repair } = store
  const follower = await createFollower({
    redisUrl,
    name,
    instance,
    repair,
    leaseMs,
    replicas,
    logger,
  })
  adopted = follower

  async function change(visitor: Visitor, what: 'session' | 'subject', id: string) {
    const startedAt = performance.now()
    const { session, subject } = visitor
    const { position } = await store.revoke(what === 'session' ? { session } : { subject }, {
      cause: CAUSE,
      id,
    })
    return { id, position, startedAt }
  }

  return {
    follower,
    store,

    async signIn(visitor) {
      const subject = createId('usr')
      const { token, session } = await store.start({ subject, methods: ['pwd'] })
      return { name: visitor, cookie: token, session: session.id, subject, contexts: new Map() }
    },

    async revoke(visitor, what, id) {
      const calledAt = instant()
      const attempt = { session: visitor.name, calledAt, majorityAt: null, durable: false }
      try {
        const changed = await change(visitor, what, id)
        let majorityAt: Instant | null = null
        const proving = follower.enforce({ ...changed, wait: 'majority' }).then(({ level }) => {
          if (level === 'pending') majorityAt = instant()
        })
        const { level, durable } = await follower.enforce(changed)
        const resolvedAt = instant()
        await proving
        return { ...attempt, resolvedAt, level, durable, majorityAt }
      } catch {
        return { ...attempt, resolvedAt: instant(), level: 'failed' }
      }
    },

    async [Symbol.asyncDispose]() {
      await follower[Symbol.asyncDispose]()
      await store[Symbol.asyncDispose]()
    },
  }
}
