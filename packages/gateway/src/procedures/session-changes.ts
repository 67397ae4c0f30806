import type { Position } from '@portcullis/context'
import { SessionError } from '@portcullis/sessions'
import type { Authenticator } from '../authenticator.ts'
import { GatewayError, type GatewayErrorCode } from '../errors.ts'

const CODES: Readonly<Record<string, GatewayErrorCode>> = {
  ERR_SESSION_NOT_FOUND: 'ERR_SESSION_NOT_FOUND',
  ERR_SESSION_STORE_FULL: 'ERR_SIGN_IN_UNAVAILABLE',
}

/**
 * Asks the truth about sessions.
 *
 * @throws {GatewayError} `ERR_UNVERIFIABLE` when it cannot be reached.
 */
export async function askStore<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (cause) {
    const code = cause instanceof SessionError ? CODES[cause.code] : undefined
    throw new GatewayError(code ?? 'ERR_UNVERIFIABLE', { cause })
  }
}

/**
 * Changes the truth about sessions, and resolves when this gateway has applied the change: the next request here sees
 * it. The change stands even if that last step fails, and is then applied by the log as everywhere else.
 */
export async function changeSessions<T extends { readonly position: Position }>(
  authenticator: Authenticator,
  change: () => Promise<T>,
): Promise<T> {
  const changed = await askStore(change)
  await authenticator.catchUp(changed.position)
  return changed
}
