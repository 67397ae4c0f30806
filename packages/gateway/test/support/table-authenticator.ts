import type { Principal } from '@portcullis/context'
import { type TrackedWork, WorkEnded } from '@portcullis/revocation'
import type { Authentication, Authenticator } from '../../src/authenticator.ts'
import { GatewayError } from '../../src/errors.ts'

/** Authenticates from a table. Answers at once, like the real one on a warm cache. */
export class TableAuthenticator implements Authenticator {
  readonly #watchers = new Set<{ abort(reason: WorkEnded): void }>()
  readonly #principals = new Map<string, Principal>()
  readonly #sessions = new WeakMap<Principal, Authentication['session']>()
  catchUps = 0
  /** Called by `catchUp`; what the log would have said. */
  onCatchUp: () => void = () => {}
  /** Called instead of making a context. */
  onContext: (() => Promise<string>) | undefined
  isUnreachable = false

  add(token: string, principal: Partial<Principal> = {}): this {
    const known = { ...ADA, ...principal }
    this.#principals.set(token, known)
    this.#sessions.set(known, sessionOf(known))
    return this
  }

  end(token: string): void {
    this.#principals.delete(token)
    const position = { epoch: 1, seq: 1 }
    const event = { position, nonce: '', previousNonce: '', kind: 'session.revoked', cause: 'test' }
    for (const controller of this.#watchers) controller.abort(new WorkEnded(event))
  }

  #watch(isCurrent: () => boolean): TrackedWork {
    const controller = new AbortController()
    if (!isCurrent()) controller.abort(new WorkEnded())
    const watcher = { abort: (reason: WorkEnded) => isCurrent() || controller.abort(reason) }
    this.#watchers.add(watcher)
    const { signal } = controller
    return { signal, [Symbol.dispose]: () => void this.#watchers.delete(watcher) }
  }

  authenticate(token: string): Authentication | undefined | Promise<never> {
    if (this.isUnreachable) return Promise.reject(new GatewayError('ERR_UNVERIFIABLE'))
    const principal = this.#principals.get(token)
    const session = principal && this.#sessions.get(principal)
    if (principal === undefined || session === undefined) return undefined
    const isCurrent = () => this.#principals.get(token) === principal
    return {
      principal,
      session,
      contextFor: (audience) =>
        this.onContext?.() ?? `ctx.${audience}.${principal.subject}.${this.catchUps}`,
      isCurrent,
      watch: () => this.#watch(isCurrent),
      remainingMs: () => Number.POSITIVE_INFINITY,
    }
  }

  async place() {
    return { epoch: 1, seq: 0 }
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
