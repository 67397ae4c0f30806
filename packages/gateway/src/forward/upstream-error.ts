import { GatewayError, type GatewayErrorCode } from '../errors.ts'

const CODES: Readonly<Record<string, GatewayErrorCode>> = {
  UND_ERR_HEADERS_TIMEOUT: 'ERR_SERVICE_TIMEOUT',
  UND_ERR_BODY_TIMEOUT: 'ERR_SERVICE_TIMEOUT',
  UND_ERR_INVALID_ARG: 'ERR_HEADERS_INVALID',
  UND_ERR_REQ_CONTENT_LENGTH_MISMATCH: 'ERR_BODY_INVALID',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'ERR_SERVICE_RESPONSE_INVALID',
  UND_ERR_HEADERS_OVERFLOW: 'ERR_SERVICE_RESPONSE_INVALID',
}

/** What a failed exchange with a service means to the caller. */
export function upstreamError(error: Error): GatewayError {
  if (error instanceof GatewayError) return error
  const code = errorCode(error)
  if (code.startsWith('HPE_'))
    return new GatewayError('ERR_SERVICE_RESPONSE_INVALID', { cause: error })
  return new GatewayError(CODES[code] ?? 'ERR_SERVICE_UNREACHABLE', { cause: error })
}

/**
 * Whether the connection died without an answer, as a kept one does when the service closes it at that moment.
 * Refused connections are not meant: nothing changes within a millisecond.
 */
export function isDeadConnection(error: Error): boolean {
  return ['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'].includes(errorCode(error))
}

/** Codes of what went wrong on this side of the connection. */
const OWN_FAULTS = new Set([
  ...['UND_ERR_INVALID_ARG', 'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH', 'UND_ERR_ABORTED'],
  ...['UND_ERR_DESTROYED', 'UND_ERR_CLOSED'],
])

/** Whether a failure speaks against the server that was asked: not what the client or the gateway caused. */
export function isServersFault(error: Error): boolean {
  return !(error instanceof GatewayError) && !OWN_FAULTS.has(errorCode(error))
}

function errorCode(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : ''
}
