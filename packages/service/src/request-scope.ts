import type { Position } from '@portcullis/context'
import {
  createLiveWork,
  type Follower,
  type LogEvent,
  type PrincipalKeys,
  WorkEnded,
} from '@portcullis/revocation'
import { Refusal } from './refusal.ts'

/** From the decision on a request to the end of its response. Dispose it then. */
export interface RequestScope extends Disposable {
  readonly signal: AbortSignal
  abort(reason: Refusal): void
  /** Runs when the scope is disposed of. */
  defer(cleanUp: () => void): void
}

type RequestKind = 'call' | 'subscription'

/** The requests in flight, each with the signal that ends it. */
export interface RequestScopes extends Disposable {
  /** Synchronous: aborts with the first event about `person` after the one at which it was checked. */
  open(person: { keys: PrincipalKeys; checkedAt: Position } | null, kind: RequestKind): RequestScope
  abortAll(reason: Refusal): void
  /** Those that do not end by themselves. */
  abortSubscriptions(reason: Refusal): void
  readonly size: number
}

export function createRequestScopes(follower: Follower): RequestScopes {
  const live = createLiveWork(follower)
  const scopes = new Map<RequestScope, RequestKind>()

  return {
    open(person, kind) {
      const controller = new AbortController()
      const owned = new DisposableStack()
      const scope: RequestScope = {
        signal: controller.signal,
        abort: (reason) => controller.abort(reason),
        defer: (cleanUp) => owned.defer(cleanUp),
        [Symbol.dispose]: () => owned.dispose(),
      }
      scopes.set(scope, kind)
      scope.defer(() => scopes.delete(scope))
      if (person) abortWith(scope, owned.use(live.track(person.keys, person.checkedAt)).signal)
      return scope
    },
    abortAll(reason) {
      for (const scope of scopes.keys()) scope.abort(reason)
    },
    abortSubscriptions(reason) {
      for (const [scope, kind] of scopes) if (kind === 'subscription') scope.abort(reason)
    },
    get size() {
      return scopes.size
    },
    [Symbol.dispose]() {
      live[Symbol.dispose]()
    },
  }
}

function abortWith(scope: RequestScope, work: AbortSignal): void {
  const abort = () => scope.abort(toRefusal(work.reason))
  if (work.aborted) abort()
  else work.addEventListener('abort', abort, { once: true })
}

/** Events that leave nothing of the session they end. Those about everyone may spare who began later: they ask again. */
const ENDING: ReadonlySet<LogEvent['kind']> = new Set([
  'session.revoked',
  'subject.revoked',
  'organization.revoked',
])

function toRefusal(cause: unknown): Refusal {
  const event = cause instanceof WorkEnded ? cause.event : undefined
  const isEnded = event !== undefined && ENDING.has(event.kind)
  return new Refusal(isEnded ? 'ERR_SESSION_REVOKED' : 'ERR_CONTEXT_REVOKED', { cause })
}
