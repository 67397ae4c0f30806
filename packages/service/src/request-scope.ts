import type { Position } from '@portcullis/context'
import {
  createLiveWork,
  type Follower,
  type LogEvent,
  type PrincipalKeys,
  type WorkEnded,
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
      const abort = (reason: Refusal) => controller.abort(reason)
      const cleanUps: (() => void)[] = []
      const watched =
        person && live.watch(person.keys, person.checkedAt, (cause) => abort(toRefusal(cause)))
      const scope: RequestScope = {
        signal: controller.signal,
        abort,
        defer: (cleanUp) => void cleanUps.push(cleanUp),
        [Symbol.dispose]() {
          // A response may be given up and close in the same step.
          if (!scopes.delete(scope)) return
          watched?.[Symbol.dispose]()
          for (const cleanUp of cleanUps) cleanUp()
        },
      }
      scopes.set(scope, kind)
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

/** Events that leave nothing of the session they end. Those about everyone may spare who began later: they ask again. */
const ENDING: ReadonlySet<LogEvent['kind']> = new Set([
  'session.revoked',
  'subject.revoked',
  'organization.revoked',
])

function toRefusal(cause: WorkEnded): Refusal {
  const isEnded = cause.event !== undefined && ENDING.has(cause.event.kind)
  return new Refusal(isEnded ? 'ERR_SESSION_REVOKED' : 'ERR_CONTEXT_REVOKED', { cause })
}
