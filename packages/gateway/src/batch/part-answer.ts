import { GatewayError } from '../errors.ts'
import type { ResponseHeaders } from '../forward/response-headers.ts'
import { arrayPieces, objectPieces } from './json-pieces.ts'
import type { PartHead } from './merged-headers.ts'

/** What one destination answered to its part of a batch. */
export interface PartAnswer {
  readonly head: PartHead
  /** JSON texts, one a call, in the order of the part. */
  readonly elements: readonly string[]
  /** The session cookie that came with the request is of no use any more. */
  readonly isEnded: boolean
}

/**
 * The texts of a service's results. A failure of the whole part, which tRPC answers with one object, is that of each of
 * its calls.
 *
 * @throws {GatewayError} `ERR_SERVICE_RESPONSE_INVALID` if the body is not what tRPC answers to so many calls.
 */
export function readElements(body: string, headers: ResponseHeaders, count: number): string[] {
  if (headers['content-encoding'] === undefined) {
    const elements = arrayPieces(body)
    if (elements?.length === count) return elements
    if (objectPieces(body)?.has('error')) return Array<string>(count).fill(body)
  }
  throw new GatewayError('ERR_SERVICE_RESPONSE_INVALID')
}
