/**
 * Why a job on somebody's behalf did not go on: their session has ended (or the organization was left), they do not have
 * the permission any more, or nobody could tell for longer than a lease.
 */
export type StopReason = 'session-ended' | 'permission-missing' | 'unverifiable'

/**
 * What became of a job on somebody's behalf; the job's result in the queue. `refused`: it was not started. `stopped`: its
 * signal fired while it ran, and what it had done by then stays done.
 */
export type Outcome =
  | { readonly outcome: 'done' }
  | { readonly outcome: 'refused' | 'stopped'; readonly reason: StopReason }

/** The reason with which the signal of such a job aborts. */
export class PrincipalEnded extends Error {
  override readonly name = 'PrincipalEnded'
  readonly reason: StopReason

  constructor(reason: StopReason, options?: ErrorOptions) {
    super(`the person on whose behalf the job runs: ${reason}`, options)
    this.reason = reason
  }
}
