import { setTimeout as pause } from 'node:timers/promises'
import type { Principal, VerifiedContext } from '@portcullis/context'
import { type Follower, type LiveWork, type LogEvent, WorkEnded } from '@portcullis/revocation'
import { type Outcome, PrincipalEnded, type StopReason } from './outcome.ts'
import type { Carrier } from './principal-job.ts'
import type { PrincipalSource } from './principal-source.ts'

export interface LivePrincipalOptions {
  readonly carrier: Carrier
  readonly permission: string | undefined
  readonly principals: PrincipalSource
  readonly follower: Follower
  readonly live: LiveWork
}

/** The person on whose behalf a job runs, as they are now. Dispose it when the job is over. */
export interface LivePrincipal extends Disposable {
  readonly current: Principal
  /** Aborts with a `PrincipalEnded` when they have no right to the job any more. */
  readonly signal: AbortSignal
  /** Whether that may still be acted on in this very step: for the moment before a side effect. Synchronous. */
  isCurrent(): boolean
}

/** Looks that are taken in the length of a lease, for a lease that has run out and while a gateway does not answer. */
const LOOKS_PER_LEASE = 8

/** Events after which nothing of the session is left to ask for. */
const ENDING: ReadonlySet<LogEvent['kind']> = new Set([
  'session.revoked',
  'subject.revoked',
  'organization.revoked',
])

/** @throws {JobError} `ERR_PRINCIPAL_UNVERIFIABLE` @returns why the job is refused, if they have no right to it. */
export async function admitPrincipal(
  options: LivePrincipalOptions,
): Promise<LivePrincipal | StopReason> {
  const present = await options.principals.present(options.carrier)
  const reason = reasonAgainst(present, options.permission)
  return present && !reason ? followPrincipal(options, present) : (reason ?? 'session-ended')
}

export function toOutcome(reason: StopReason, hasStarted: boolean): Outcome {
  return { outcome: hasStarted ? 'stopped' : 'refused', reason }
}

function reasonAgainst(
  present: VerifiedContext | null,
  permission: string | undefined,
): StopReason | undefined {
  if (!present) return 'session-ended'
  const { permissions } = present.principal
  return permission && !permissions.includes(permission) ? 'permission-missing' : undefined
}

/**
 * Hears with the log's own speed that something was said. What ends the session ends the job in that step; for anything
 * else the truth is asked, and the job goes on meanwhile, for a lease at most.
 */
function followPrincipal(options: LivePrincipalOptions, first: VerifiedContext): LivePrincipal {
  const { follower, live, permission, principals, carrier } = options
  const lookEveryMs = follower.leaseMs / LOOKS_PER_LEASE
  const controller = new AbortController()
  let present = first
  let work = track()
  const timer = setInterval(checkLease, lookEveryMs)

  function track() {
    const tracked = live.track(present.principal, present.position)
    const { signal } = tracked
    if (signal.aborted) onSaid(signal.reason)
    else signal.addEventListener('abort', () => onSaid(signal.reason), { once: true })
    return tracked
  }

  function end(reason: StopReason, cause?: unknown) {
    clearInterval(timer)
    controller.abort(new PrincipalEnded(reason, { cause }))
  }

  function checkLease() {
    if (!follower.isFresh()) end('unverifiable')
  }

  function onSaid(cause: unknown) {
    const event = cause instanceof WorkEnded ? cause.event : undefined
    if (event && ENDING.has(event.kind)) end('session-ended', cause)
    else askAgain().catch((error: unknown) => end('unverifiable', error))
  }

  async function askAgain() {
    for (let looks = 1; !controller.signal.aborted; looks += 1) {
      try {
        return goOn(await principals.present(carrier))
      } catch (error) {
        if (looks >= LOOKS_PER_LEASE) throw error
        await pause(lookEveryMs, undefined, { ref: false })
      }
    }
  }

  function goOn(next: VerifiedContext | null) {
    const reason = reasonAgainst(next, permission)
    if (!next || reason) return end(reason ?? 'session-ended')
    if (controller.signal.aborted) return
    work[Symbol.dispose]()
    present = next
    work = track()
  }

  return {
    get current() {
      return present.principal
    },
    signal: controller.signal,
    isCurrent: () =>
      !controller.signal.aborted &&
      follower.isFresh() &&
      !follower.isStale(present.principal, present.position),
    [Symbol.dispose]() {
      clearInterval(timer)
      work[Symbol.dispose]()
      // Nothing that is under way for it has a say any more.
      controller.abort()
    },
  }
}
