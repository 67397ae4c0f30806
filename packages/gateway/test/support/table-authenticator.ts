import type { Principal } from '@portcullis/context'
import type { Authentication, Authenticator } from '../../src/authenticator.ts'
import { GatewayError } from '../../src/errors.ts'

/** Authenticates from a table. Answers at once, like the real one on a warm cache. */
export class TableAuthenticator implements Authenticator {
  readonly #principals = new Map<string, Principal>()
  catchUps = 0
  /** Called by `catchUp`; what the log would have said. */
  onCatchUp: () => void = () => {}
  isUnreachable = false

  add(token: string, principal: Partial<Principal> = {}): this {
    this.#principals.set(token, { ...ADA, ...principal })
    return this
  }

  end(token: string): void {
    this.#principals.delete(token)
  }

  authenticate(token: string): Authentication | undefined | Promise<never> {
    if (this.isUnreachable) return Promise.reject(new GatewayError('ERR_UNVERIFIABLE'))
    const principal = this.#principals.get(token)
    if (principal === undefined) return undefined
    return {
      principal,
      session: sessionOf(principal),
      contextFor: (audience) => `ctx.${audience}.${principal.subject}.${this.catchUps}`,
      isCurrent: () => this.#principals.get(token) === principal,
    }
  }

  async catchUp(): Promise<void> {
    this.catchUps++
    this.onCatchUp()
  }
}

const ADA: Principal = {
  subject: 'usr_ada',
  session: 'ses_1',
  organization: 'org_acme',
  roles: ['owner'],
  permissions: [],
  claimsVersion: 1,
  authenticatedAt: 1_800_000_000,
  methods: ['pwd'],
  assurance: 'aal1',
  custom: {},
}

function sessionOf(principal: Principal): Authentication['session'] {
  return {
    id: principal.session,
    subject: principal.subject,
    organization: principal.organization,
    startedAt: 0,
    lastSeenAt: 0,
    endsAt: Number.MAX_SAFE_INTEGER,
    methods: principal.methods,
    assurance: principal.assurance,
    profile: 'aal2',
    device: { kind: 'unknown', label: null },
  }
}
