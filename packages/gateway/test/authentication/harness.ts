import {
  type ClaimsDefinition,
  createContextSigner,
  createContextVerifier,
  createKeyRing,
  generateSigningKey,
  type OrganizationId,
  type SubjectId,
} from '@portcullis/context'
import {
  createClaimsPublisher,
  createFollower,
  declareNewInstallation,
} from '@portcullis/revocation'
import { createLogger, systemClock } from '@portcullis/runtime'
import {
  type Claims,
  type ClaimsSource,
  createSessionStore,
  type OrganizationRules,
  type SessionStore,
} from '@portcullis/sessions'
import { startRedis } from '@portcullis/testing'
import { createAuthenticator } from '../../src/authentication/create-authenticator.ts'

const PEPPER = Buffer.alloc(32, 7).toString('base64url')
const TOKEN_KEYS = [Buffer.alloc(32, 9).toString('base64url')]

/** Owns claims in memory and counts how often it is asked. */
export interface CountingClaims extends ClaimsSource {
  set(subject: SubjectId, claims: Claims | null): void
  asked: number
  fails: boolean
}

/** Owns the rules of organizations as well. */
export interface CountingRules extends CountingClaims {
  setRules(organization: OrganizationId, rules: OrganizationRules | null): void
  askedForRules: number
}

export function createCountingRules(): CountingRules {
  const rules = new Map<OrganizationId, OrganizationRules | null>()
  return {
    ...createCountingClaims(),
    askedForRules: 0,
    setRules: (organization, value) => void rules.set(organization, value),
    async loadRules(organization) {
      this.askedForRules += 1
      if (this.fails) throw new Error('accounts is away')
      return rules.get(organization) ?? null
    },
  }
}

function createCountingClaims(): CountingClaims {
  const claims = new Map<SubjectId, Claims | null>()
  return {
    asked: 0,
    fails: false,
    set: (subject, value) => void claims.set(subject, value),
    async load(subject) {
      this.asked += 1
      if (this.fails) throw new Error('accounts is away')
      return claims.get(subject) ?? null
    },
  }
}

export const member: Claims = {
  version: 1,
  roles: [],
  permissions: ['profile:read'],
  memberships: { org_acme: { roles: ['member'], permissions: ['orders:read'] } },
  custom: {},
}

/** A store of another gateway on a server of the caller's. */
export const openStore = (redisUrl: string) =>
  createSessionStore({ redisUrl, name: 'other', pepper: PEPPER, tokenKeys: TOKEN_KEYS })

/** One gateway's authentication on a real Redis, and what happens around it. */
export async function startAuthentication<Source extends CountingClaims = CountingClaims>(
  options: {
    readonly wrapStore?: (store: SessionStore) => SessionStore
    readonly claims?: Source
    readonly customClaims?: ClaimsDefinition
    /** Servers of the caller's, in place of the one that is started. */
    readonly redis?: { readonly url: string; readonly replicas: number }
  } = {},
) {
  const { wrapStore = (store) => store, claims = createCountingClaims() as Source } = options
  const redis = await startRedis()
  const { url: redisUrl, replicas } = options.redis ?? { url: redis.url, replicas: 0 }
  await declareNewInstallation({ redisUrl })
  const logger = createLogger({ name: 'test', level: 'silent' })
  const keyRing = await createKeyRing({ signing: await generateSigningKey() })
  const open = { redisUrl, name: 'test', pepper: PEPPER }
  let adopted = () => 0
  const store = await createSessionStore({
    ...open,
    tokenKeys: TOKEN_KEYS,
    replicas,
    adoptedEpoch: () => adopted(),
  })
  const elsewhere = await createSessionStore({ ...open, tokenKeys: TOKEN_KEYS })
  const publisher = createClaimsPublisher(open)
  const { repair } = store
  const follower = await createFollower({
    redisUrl,
    name: 'test',
    logger,
    repair,
    leaseMs: 1_000,
    replicas,
  })
  adopted = () => follower.position.epoch
  claims.set('usr_ada', member)
  const authenticator = createAuthenticator({
    customClaims: options.customClaims,
    store: wrapStore(store),
    claims,
    follower,
    signer: createContextSigner({ keyRing, clock: systemClock }),
    clock: systemClock,
    logger,
  })

  return {
    authenticator,
    claims,
    /** The same truth over another connection, as another gateway has it. */
    elsewhere,
    follower,
    publisher,
    redis,
    verifier: createContextVerifier({ audience: 'orders', keys: keyRing, clock: systemClock }),

    signIn: (subject: SubjectId = 'usr_ada') =>
      store.start({ subject, methods: ['pwd'], organization: 'org_acme' }),

    async [Symbol.asyncDispose]() {
      await authenticator[Symbol.asyncDispose]()
      await Promise.all(
        [follower, publisher, elsewhere, store].map((part) => part[Symbol.asyncDispose]()),
      )
      await redis[Symbol.asyncDispose]()
    },
  }
}
