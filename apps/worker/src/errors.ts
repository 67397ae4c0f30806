export type WorkerErrorCode =
  | 'ERR_ACCOUNTS_UNREACHABLE'
  | 'ERR_ACCOUNTS_REFUSED'
  | 'ERR_RECEIVER_ADDRESS_PRIVATE'
  | 'ERR_RECEIVER_FAILED'
  | 'ERR_RECEIVER_REFUSED'
  | 'ERR_RECEIVER_UNREACHABLE'
  | 'ERR_REVOCATION_UNCERTAIN'
  | 'ERR_VIEWER_UNVERIFIABLE'

const MESSAGES: Readonly<Record<WorkerErrorCode, string>> = {
  ERR_ACCOUNTS_UNREACHABLE: 'accounts cannot be reached',
  ERR_ACCOUNTS_REFUSED: 'accounts did not do what it was asked for',
  ERR_RECEIVER_ADDRESS_PRIVATE: 'the name of the receiver leads into a private network',
  ERR_RECEIVER_FAILED: 'the receiver did not take the event',
  ERR_RECEIVER_REFUSED: 'the receiver does not want the event',
  ERR_RECEIVER_UNREACHABLE: 'the receiver cannot be reached',
  ERR_REVOCATION_UNCERTAIN: 'it is unknown whether a step took effect',
  ERR_VIEWER_UNVERIFIABLE: 'it is unknown whether somebody may still look at the dashboard',
}

/** Why a job failed. The message is kept with the job, so it says which service and, if it named one, which code. */
export class WorkerError extends Error {
  override readonly name = 'WorkerError'
  readonly code: WorkerErrorCode

  constructor(code: WorkerErrorCode, options?: ErrorOptions & { detail?: string | undefined }) {
    const detail = options?.detail === undefined ? '' : `: ${options.detail}`
    super(`${MESSAGES[code]}${detail}`, options)
    this.code = code
  }
}
