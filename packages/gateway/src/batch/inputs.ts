import { GatewayError } from '../errors.ts'
import type { Call } from '../request/call.ts'
import { readBody } from '../request/request-body.ts'
import { objectPieces } from './json-pieces.ts'

/**
 * The inputs of a batch by position, as text.
 *
 * @throws {GatewayError} `ERR_BODY_TOO_LARGE`, `ERR_BODY_INVALID`.
 */
export async function readInputs(call: Call, limitBytes: number): Promise<Map<string, string>> {
  const text =
    call.method === 'GET'
      ? decodeParameter(call.target.input ?? '')
      : (await readBody(call.request, limitBytes)).toString('utf8')
  const inputs = text === '' ? new Map<string, string>() : objectPieces(text)
  if (inputs === undefined) throw new GatewayError('ERR_BODY_INVALID')
  return inputs
}

function decodeParameter(value: string): string {
  try {
    return decodeURIComponent(value.replaceAll('+', ' '))
  } catch (cause) {
    throw new GatewayError('ERR_BODY_INVALID', { cause })
  }
}
