const MESSAGES = {
  ERR_LOG_UNREADABLE: 'The event log cannot be read',
  ERR_HISTORY_UNSETTLED: 'The history of the event log changed again and again',
  ERR_CURSOR_TRIMMED: 'The event log does not reach back to the cursor any more',
  ERR_PEPPER_MISMATCH: 'The pepper is not the one this installation was set up with',
} as const

export type RevocationErrorCode = keyof typeof MESSAGES

export class RevocationError extends Error {
  override readonly name = 'RevocationError'
  readonly code: RevocationErrorCode

  constructor(code: RevocationErrorCode, options?: ErrorOptions) {
    super(MESSAGES[code], options)
    this.code = code
  }
}
