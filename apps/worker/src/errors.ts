export type WorkerErrorCode = 'ERR_ACCOUNTS_UNREACHABLE' | 'ERR_ACCOUNTS_REFUSED'

const MESSAGES: Readonly<Record<WorkerErrorCode, string>> = {
  ERR_ACCOUNTS_UNREACHABLE: 'accounts cannot be reached',
  ERR_ACCOUNTS_REFUSED: 'accounts did not do what it was asked for',
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
