import type { IncomingMessage } from 'node:http'
import { GatewayError } from '../errors.ts'
import type { GatewayLimits } from '../limits.ts'
import type { Target } from '../request/target.ts'
import type { ServiceLimits } from './service-limits.ts'

/** What requests for one service may have, less than the gateway takes. */
export interface RequestLimits {
  readonly batchSize: number
  readonly urlBytes: number
  /** Undefined: as much as the gateway takes, which has been looked at already. */
  readonly headerBytes: number | undefined
}

const NAMES = ['batchSize', 'urlBytes', 'headerBytes'] as const

/** @throws {TypeError} for a limit beyond the gateway's, which ends before a request is known to be for the service. */
export function createRequestLimits(own: ServiceLimits, gateway: GatewayLimits): RequestLimits {
  for (const name of NAMES) {
    if ((own[name] ?? 0) > gateway[name])
      throw new TypeError(`limits.${name}: beyond the gateway's`)
  }
  const { batchSize = gateway.batchSize, urlBytes = gateway.urlBytes, headerBytes } = own
  return { batchSize, urlBytes, headerBytes }
}

/** @throws {GatewayError} `ERR_BATCH_TOO_LARGE`, `ERR_TARGET_TOO_LONG`, `ERR_HEADERS_TOO_LARGE`. */
export function assertWithinLimits(
  request: IncomingMessage,
  target: Target,
  { batchSize, urlBytes, headerBytes }: RequestLimits,
): void {
  if (target.paths.length > batchSize) throw new GatewayError('ERR_BATCH_TOO_LARGE')
  if ((request.url?.length ?? 0) > urlBytes) throw new GatewayError('ERR_TARGET_TOO_LONG')
  if (headerBytes !== undefined && headBytes(request) > headerBytes) {
    throw new GatewayError('ERR_HEADERS_TOO_LARGE')
  }
}

/** Names, values, and the four bytes between and behind them. */
function headBytes({ rawHeaders }: IncomingMessage): number {
  return rawHeaders.reduce((bytes, text) => bytes + text.length + 2, 0)
}
