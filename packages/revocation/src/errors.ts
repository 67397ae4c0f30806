const MESSAGES = {
  ERR_LOG_UNREADABLE: 'The event log cannot be read',
  ERR_HISTORY_UNSETTLED: 'The history of the event log changed again and again',
  ERR_CURSOR_TRIMMED: 'The event log does not reach back to the cursor any more',
  ERR_MEMBER_FOREIGN: 'The member record is not one of that service',
  ERR_RELAY_MALFORMED: 'What was to be relayed cannot be read',
  ERR_REVOCATION_REFUSED: 'The gateway lets this service end no sessions',
  ERR_CHANGE_ID_REUSED: 'The id names another change',
  ERR_RELAY_UNTRUSTED: 'The gateway does not trust the assertion of this service',
  ERR_RELAY_MISSING: 'The gateway relays for no service',
  ERR_DRIVER_NEEDED: 'A history can only be opened by a driver, not through a gateway',
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
