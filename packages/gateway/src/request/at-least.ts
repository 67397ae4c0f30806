import type { IncomingHttpHeaders } from 'node:http'
import { AT_LEAST_HEADER, type Position, parsePosition } from '@portcullis/context'
import { GatewayError } from '../errors.ts'

/**
 * The place in the log that a request has to be decided at or after: what a change answered as `atLeast`, so that whoever
 * made it reads what they wrote, at whichever gateway.
 *
 * @throws {GatewayError} `ERR_HEADERS_INVALID`
 */
export function readAtLeast(headers: IncomingHttpHeaders): Position | undefined {
  const text = headers[AT_LEAST_HEADER]
  if (text === undefined) return undefined
  const position = typeof text === 'string' ? parsePosition(text) : undefined
  if (position === undefined) throw new GatewayError('ERR_HEADERS_INVALID')
  return position
}
