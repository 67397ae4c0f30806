import {
  ASSERTION_HEADER,
  CONTEXT_HEADER,
  createAssertionSigner,
  createContextSigner,
  createId,
  createKeyRing,
  generateSigningKey,
  type KeyRing,
  type Position,
  type Principal,
} from '@portcullis/context'
import { systemClock } from '@portcullis/runtime'

/** The gateway, a worker and a stranger, as far as a service sees of them. */
export interface Identities {
  readonly keys: { readonly keys: unknown }
  readonly trust: Record<string, { readonly keys: unknown }>
  readonly gatewayRing: KeyRing
  /** Headers of a request that the gateway forwards for a person. */
  person(principal?: Partial<Principal>, options?: ContextOptions): Promise<Record<string, string>>
  /** Headers of a call that a service makes. */
  service(
    name: 'worker' | 'gateway' | 'stranger',
    audience?: string,
  ): Promise<Record<string, string>>
}

interface ContextOptions {
  audience?: string
  position?: Position
  sessionEndsAt?: number
}

function createPrincipal(overrides: Partial<Principal> = {}): Principal {
  return {
    subject: createId('usr'),
    session: createId('ses'),
    organization: 'org_acme',
    roles: ['member'],
    permissions: ['orders.read'],
    claimsVersion: 1,
    authenticatedAt: Math.floor(Date.now() / 1000),
    methods: ['pwd'],
    assurance: 'aal1',
    custom: {},
    ...overrides,
  }
}

export async function createIdentities(): Promise<Identities> {
  const clock = systemClock
  const ringOf = async () => createKeyRing({ signing: await generateSigningKey() })
  const rings = { gateway: await ringOf(), worker: await ringOf(), stranger: await ringOf() }
  const contexts = createContextSigner({ keyRing: rings.gateway, clock })

  return {
    gatewayRing: rings.gateway,
    keys: rings.gateway.publicJwks(),
    trust: { gateway: rings.gateway.publicJwks(), worker: rings.worker.publicJwks() },
    async person(principal, options = {}) {
      const { audience = 'orders', position = { epoch: 1, seq: 0 } } = options
      const { sessionEndsAt = clock.wall() + 3_600_000 } = options
      const target = { audience, position, sessionEndsAt }
      return { [CONTEXT_HEADER]: (await contexts.sign(createPrincipal(principal), target)).token }
    },
    async service(name, audience = 'orders') {
      const signer = createAssertionSigner({ service: name, keyRing: rings[name], clock })
      return { [ASSERTION_HEADER]: await signer.sign({ audience }) }
    },
  }
}
