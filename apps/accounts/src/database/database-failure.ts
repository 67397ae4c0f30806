import { DrizzleQueryError } from 'drizzle-orm/errors'
import { DatabaseError } from 'pg'
import { AccountsError } from '../errors.ts'

/** SQLSTATE classes that say something of the server and nothing of the statement: connection, resources, operator. */
const UNAVAILABLE = /^(08|53|57)/

/**
 * What a failed statement means to a caller. A database that cannot be reached gets a code; anything else is handed on
 * without the statement and its parameters, which are personal.
 */
export function toDatabaseFailure(error: unknown): unknown {
  if (error instanceof DrizzleQueryError) return toDriverFailure(error.cause)
  return error instanceof DatabaseError ? toDriverFailure(error) : error
}

/** For what the driver threw: an error that does not come from the server says that there is none. */
export function toDriverFailure(error: unknown): unknown {
  if (error instanceof DatabaseError && !UNAVAILABLE.test(error.code ?? '')) return error
  return new AccountsError('ERR_DATABASE_UNAVAILABLE', { cause: error })
}
