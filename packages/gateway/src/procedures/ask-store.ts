import { SessionError } from '@portcullis/sessions'
import { GatewayError, type GatewayErrorCode } from '../errors.ts'

const CODES: Readonly<Record<string, GatewayErrorCode>> = {
  ERR_SESSION_NOT_FOUND: 'ERR_SESSION_NOT_FOUND',
  ERR_SESSION_STORE_FULL: 'ERR_SIGN_IN_UNAVAILABLE',
  ERR_SESSION_OVERTAKEN: 'ERR_SIGN_IN_UNAVAILABLE',
  ERR_CHANGE_ID_REUSED: 'ERR_CHANGE_ID_REUSED',
}

/**
 * Asks the truth about sessions.
 *
 * @param isNoAnswer Failures that come back as undefined.
 * @throws {GatewayError} `ERR_UNVERIFIABLE` when it cannot be reached.
 */
export async function askStore<T>(ask: () => Promise<T>): Promise<T>
export async function askStore<T>(
  ask: () => Promise<T>,
  isNoAnswer: (error: unknown) => boolean,
): Promise<T | undefined>
export async function askStore<T>(
  ask: () => Promise<T>,
  isNoAnswer: (error: unknown) => boolean = () => false,
): Promise<T | undefined> {
  try {
    return await ask()
  } catch (cause) {
    if (isNoAnswer(cause)) return undefined
    const code = cause instanceof SessionError ? CODES[cause.code] : undefined
    throw new GatewayError(code ?? 'ERR_UNVERIFIABLE', { cause })
  }
}
