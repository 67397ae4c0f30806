export type AccountsErrorCode =
  | 'ERR_CLAIMS_BEHIND'
  | 'ERR_DATABASE_UNAVAILABLE'
  | 'ERR_LAST_OWNER'
  | 'ERR_MEMBER_EXISTS'
  | 'ERR_MEMBER_UNKNOWN'
  | 'ERR_NOT_ALLOWED'
  | 'ERR_PASSWORD_TOO_LONG'
  | 'ERR_PASSWORDS_BUSY'
  | 'ERR_PUBLISHER_UNAVAILABLE'
  | 'ERR_USER_UNKNOWN'

const MESSAGES: Readonly<Record<AccountsErrorCode, string>> = {
  ERR_CLAIMS_BEHIND: 'The stored claims are older than a version that was already published.',
  ERR_DATABASE_UNAVAILABLE: 'The database cannot be reached.',
  ERR_LAST_OWNER: 'An organization keeps at least one owner.',
  ERR_MEMBER_EXISTS: 'This person is a member already.',
  ERR_MEMBER_UNKNOWN: 'This person is not a member of the organization.',
  ERR_NOT_ALLOWED: 'Your role in the organization does not allow this.',
  ERR_PASSWORD_TOO_LONG: 'A password has at most 256 characters.',
  ERR_PASSWORDS_BUSY: 'Too many passwords are being checked at once. Try again in a moment.',
  ERR_PUBLISHER_UNAVAILABLE: 'A change of claims could not be announced. The outbox keeps it.',
  ERR_USER_UNKNOWN: 'There is no user with this email address.',
}

/** Every failure accounts can name. Holds no email address, password or token. */
export class AccountsError extends Error {
  override readonly name = 'AccountsError'
  readonly code: AccountsErrorCode

  constructor(code: AccountsErrorCode, options?: ErrorOptions) {
    super(MESSAGES[code], options)
    this.code = code
  }
}
