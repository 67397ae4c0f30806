export type JobErrorCode =
  | 'ERR_JOB_DATA_INVALID'
  | 'ERR_JOB_ID_INVALID'
  | 'ERR_JOB_TIMED_OUT'
  | 'ERR_PRINCIPAL_UNVERIFIABLE'
  | 'ERR_QUEUE_UNAVAILABLE'

const MESSAGES: Readonly<Record<JobErrorCode, string>> = {
  ERR_JOB_DATA_INVALID: 'The data of the job does not have the form its definition asks for.',
  ERR_JOB_ID_INVALID: 'A job id has 1 to 128 characters of A-Z a-z 0-9 . _ - and is not a number.',
  ERR_JOB_TIMED_OUT: 'The job took longer than its definition allows.',
  ERR_PRINCIPAL_UNVERIFIABLE: 'No gateway says what holds of the person behind the job.',
  ERR_QUEUE_UNAVAILABLE: 'The Redis of the job queues cannot be reached.',
}

/** Every failure of this package. Holds no data of a job. */
export class JobError extends Error {
  override readonly name = 'JobError'
  readonly code: JobErrorCode

  constructor(code: JobErrorCode, options?: ErrorOptions) {
    super(MESSAGES[code], options)
    this.code = code
  }
}
