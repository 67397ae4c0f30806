import { type TRPC_ERROR_CODE_KEY, TRPCError } from '@trpc/server'
import { toDatabaseFailure } from '../database/database-failure.ts'
import { AccountsError, type AccountsErrorCode } from '../errors.ts'

const TRPC_CODES: Readonly<Record<AccountsErrorCode, TRPC_ERROR_CODE_KEY>> = {
  ERR_CLAIM_INVALID: 'BAD_REQUEST',
  ERR_CLAIMS_BEHIND: 'SERVICE_UNAVAILABLE',
  ERR_CODE_WRONG: 'BAD_REQUEST',
  ERR_DATABASE_UNAVAILABLE: 'SERVICE_UNAVAILABLE',
  ERR_LAST_OWNER: 'CONFLICT',
  ERR_MEMBER_EXISTS: 'CONFLICT',
  ERR_MEMBER_UNKNOWN: 'NOT_FOUND',
  ERR_NOT_ALLOWED: 'FORBIDDEN',
  ERR_ORGANIZATION_UNKNOWN: 'NOT_FOUND',
  ERR_PASSWORD_TOO_LONG: 'BAD_REQUEST',
  ERR_PASSWORDS_BUSY: 'SERVICE_UNAVAILABLE',
  ERR_PUBLISHER_UNAVAILABLE: 'SERVICE_UNAVAILABLE',
  ERR_ROLE_FIXED: 'CONFLICT',
  ERR_ROLE_HELD: 'CONFLICT',
  ERR_ROLE_UNKNOWN: 'NOT_FOUND',
  ERR_ROLES_FULL: 'CONFLICT',
  ERR_TOTP_ENROLLED: 'CONFLICT',
  ERR_TOTP_NOT_ENROLLED: 'CONFLICT',
  ERR_TOTP_UNAVAILABLE: 'SERVICE_UNAVAILABLE',
  ERR_USER_UNKNOWN: 'NOT_FOUND',
}

/** Names what has a name. Anything else stays an unexpected failure, of which a client learns nothing. */
export function toTrpcError(cause: unknown): TRPCError {
  const failure = toDatabaseFailure(cause)
  if (!(failure instanceof AccountsError)) {
    return new TRPCError({ code: 'INTERNAL_SERVER_ERROR', cause: failure })
  }
  return new TRPCError({ code: TRPC_CODES[failure.code], message: failure.message, cause: failure })
}

/** Puts the code of an `AccountsError` where Portcullis has its own, `data.portcullis.code`. */
export function withAccountsCode<Shape extends { data: object }>(
  shape: Shape,
  { cause }: TRPCError,
): Shape {
  if (!(cause instanceof AccountsError)) return shape
  return { ...shape, data: { ...shape.data, portcullis: { code: cause.code } } }
}
