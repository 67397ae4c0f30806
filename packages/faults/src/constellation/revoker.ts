import { createId } from '@portcullis/context'
import {
  type Change,
  createClaimsPublisher,
  createFollower,
  type Follower,
  type ReceiptWait,
} from '@portcullis/revocation'
import { createLogger } from '@portcullis/runtime'
import { createSessionStore, type SessionSelector, type SessionStore } from '@portcullis/sessions'
import { type Instant, instant, type RevocationAttempt } from '../history/history.ts'
import { organizationOf } from '../instances/claims-owner.ts'
import type { Secrets } from '../instances/secrets.ts'
import type { Visitor } from '../instances/visitor.ts'
import { type Enforcing, enforcedRightly } from '../wrong-forms/receipts.ts'
import { DEVICE } from './ending.ts'

/** Signs people in, ends their sessions and publishes their claims, with the parts of which gateways and services are made. */
export interface Revoker extends AsyncDisposable {
  readonly follower: Follower
  readonly store: SessionStore
  signIn(name: string): Promise<Visitor>
  /** One attempt under this id to end what a selector means; never rejects. */
  revoke(visitor: Visitor, selector: SessionSelector, id: string): Promise<RevocationAttempt>
  /** One attempt under this id to make a version of claims known; never rejects. */
  publish(visitor: Visitor, version: number, id: string): Promise<RevocationAttempt>
}

export interface RevokerOptions {
  readonly redisUrl: string
  readonly secrets: Secrets
  readonly leaseMs: number
  readonly replicas: number
  /** What ends of sessions wait for. */
  readonly wait?: ReceiptWait
  /** How it finds out that a change is in force. Default as it should. */
  readonly enforces?: Enforcing
}

type Made = Pick<Change, 'position' | 'nonce' | 'proof'>

const logger = createLogger({ name: 'faults', level: 'silent' })
const CAUSE = 'fault-harness'

export async function createRevoker(options: RevokerOptions): Promise<Revoker> {
  const { redisUrl, secrets, leaseMs, replicas, wait, enforces = enforcedRightly } = options
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
    replicas,
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
  const claims = createClaimsPublisher({ redisUrl, name: 'accounts', pepper, replicas })

  async function attempt(
    what: Pick<RevocationAttempt, 'session' | 'claimsBelow'>,
    id: string,
    make: () => Promise<Made>,
  ): Promise<RevocationAttempt> {
    const common = { ...what, calledAt: instant(), majorityAt: null, durable: false }
    const startedAt = performance.now()
    try {
      const change = { ...(await make()), id, startedAt }
      let majorityAt: Instant | null = null
      const proving = follower.enforce({ ...change, wait: 'majority' }).then(({ level }) => {
        if (level === 'pending') majorityAt = instant()
      })
      const { level, durable } = await enforces(follower, { ...change, wait })
      const resolvedAt = instant()
      await proving
      return { ...common, resolvedAt, level, durable, majorityAt }
    } catch {
      return { ...common, resolvedAt: instant(), level: 'failed' }
    }
  }

  return {
    follower,
    store,

    async signIn(visitor) {
      const subject = createId('usr')
      const { token, session } = await store.start({
        subject,
        methods: ['pwd'],
        organization: organizationOf(subject),
        device: { kind: DEVICE },
      })
      const contexts = { contexts: new Map(), firstContexts: new Map() }
      return { name: visitor, cookie: token, session: session.id, subject, ...contexts }
    },

    revoke: ({ name: session }, selector, id) =>
      attempt({ session, claimsBelow: null }, id, () =>
        store.revoke(selector, { cause: CAUSE, id }),
      ),

    publish: ({ name: session, subject }, version, id) =>
      attempt({ session, claimsBelow: version }, id, () =>
        claims.publish({ subject, version, id, cause: CAUSE }, instance),
      ),

    async [Symbol.asyncDispose]() {
      await claims[Symbol.asyncDispose]()
      await follower[Symbol.asyncDispose]()
      await store[Symbol.asyncDispose]()
    },
  }
}
