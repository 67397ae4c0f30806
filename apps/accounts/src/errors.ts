export type AccountsErrorCode =
  | 'ERR_CLAIM_INVALID'
  | 'ERR_CLAIMS_BEHIND'
  | 'ERR_CODE_WRONG'
  | 'ERR_DATABASE_UNAVAILABLE'
  | 'ERR_LAST_OWNER'
  | 'ERR_MEMBER_EXISTS'
  | 'ERR_MEMBER_UNKNOWN'
  | 'ERR_NOT_ALLOWED'
  | 'ERR_ORGANIZATION_UNKNOWN'
  | 'ERR_PASSWORD_TOO_LONG'
  | 'ERR_PASSWORDS_BUSY'
  | 'ERR_PUBLISHER_UNAVAILABLE'
  | 'ERR_ROLE_FIXED'
  | 'ERR_ROLE_HELD'
  | 'ERR_ROLE_UNKNOWN'
  | 'ERR_ROLES_FULL'
  | 'ERR_TOTP_ENROLLED'
  | 'ERR_TOTP_NOT_ENROLLED'
  | 'ERR_TOTP_UNAVAILABLE'
  | 'ERR_USER_UNKNOWN'

const MESSAGES: Readonly<Record<AccountsErrorCode, string>> = {
  ERR_CLAIM_INVALID: 'There is no such claim, or it does not take this value.',
  ERR_CLAIMS_BEHIND: 'The stored claims are older than a version that was already published.',
  ERR_CODE_WRONG: 'The code is not of this moment.',
  ERR_DATABASE_UNAVAILABLE: 'The database cannot be reached.',
  ERR_LAST_OWNER: 'An organization keeps at least one owner.',
  ERR_MEMBER_EXISTS: 'This person is a member already.',
  ERR_MEMBER_UNKNOWN: 'This person is not a member of the organization.',
  ERR_NOT_ALLOWED: 'Your role in the organization does not allow this.',
  ERR_ORGANIZATION_UNKNOWN: 'There is no such organization.',
  ERR_PASSWORD_TOO_LONG: 'A password has at most 256 characters.',
  ERR_PASSWORDS_BUSY: 'Too many passwords are being checked at once. Try again in a moment.',
  ERR_PUBLISHER_UNAVAILABLE: 'A change of claims could not be announced. The outbox keeps it.',
  ERR_ROLE_FIXED: 'What an owner may do does not change.',
  ERR_ROLE_HELD: 'A member has this role.',
  ERR_ROLE_UNKNOWN: 'The organization has no such role.',
  ERR_ROLES_FULL: 'An organization has at most 100 roles.',
  ERR_TOTP_ENROLLED: 'There is a second factor already.',
  ERR_TOTP_NOT_ENROLLED: 'There is no second factor.',
  ERR_TOTP_UNAVAILABLE: 'This installation has no second factors.',
  ERR_USER_UNKNOWN: 'There is no such user.',
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
