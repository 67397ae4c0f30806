const MESSAGES = {
  ERR_SESSION_NOT_FOUND: 'There is no such session',
  ERR_SESSION_STORE_FULL: 'No session can be started: the store is near its memory limit',
  ERR_SESSION_OVERTAKEN: 'No session is started: what ends it was said since its proof was begun',
  ERR_CHANGE_ID_REUSED: 'The id names another change; each change has an id of its own',
  ERR_CLAIMS_UNAVAILABLE: 'The claims of the subject cannot be had',
} as const

export type SessionErrorCode = keyof typeof MESSAGES

export class SessionError extends Error {
  override readonly name = 'SessionError'
  readonly code: SessionErrorCode

  constructor(code: SessionErrorCode, options?: ErrorOptions) {
    super(MESSAGES[code], options)
    this.code = code
  }
}
