export type TestingErrorCode =
  | 'ERR_PROCESS_EXITED'
  | 'ERR_PROCESS_NOT_READY'
  | 'ERR_REDIS_NOT_FOUND'
  | 'ERR_NO_FREE_PORT'
  | 'ERR_LOCK_TIMEOUT'
  | 'ERR_NO_PRIMARY'
  | 'ERR_NO_COMPILER'
  | 'ERR_NGINX_NOT_FOUND'

/** What this package throws. The message is for people; callers switch on `code`. */
export class TestingError extends Error {
  override readonly name = 'TestingError'
  readonly code: TestingErrorCode
  constructor(code: TestingErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
