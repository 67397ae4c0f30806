import type { Authenticator } from '../authenticator.ts'
import { GatewayError } from '../errors.ts'
import { Exchange } from '../forward/exchange.ts'
import type { OutboundHeaders } from '../forward/outbound-headers.ts'
import type { Prove } from '../forward/proof.ts'
import { returnedCookies } from '../forward/response-headers.ts'
import type { Service } from '../forward/services.ts'
import type { SessionCookie } from '../guard/session-cookie.ts'
import type { GatewayLimits } from '../limits.ts'
import type { Call } from '../request/call.ts'
import { buildTarget } from '../request/target.ts'
import type { Part } from './part.ts'
import { type PartAnswer, readElements } from './part-answer.ts'
import { PartCollector } from './part-collector.ts'

export interface PartExchangeOptions {
  readonly authenticator: Authenticator
  readonly cookie: SessionCookie | undefined
  readonly limits: GatewayLimits
  readonly outboundHeaders: OutboundHeaders
}

const BATCH_BODY = { keepBody: false, keepEncoding: false }

/**
 * Sends a service its part of a batch and reads the whole answer.
 *
 * @throws {GatewayError} for whatever keeps the part from being answered.
 */
export async function exchangePart(
  options: PartExchangeOptions,
  call: Call,
  part: Part,
  service: Service,
  prove: Prove,
  signal: AbortSignal,
): Promise<PartAnswer> {
  const body = call.method === 'POST' ? Buffer.from(part.input) : null
  if (body !== null && body.length > service.bodyLimitBytes) {
    throw new GatewayError('ERR_BODY_TOO_LARGE')
  }
  const collector = new PartCollector(options.limits.batchResponseBytes)
  const exchange = new Exchange(
    {
      lane: service.pool,
      method: call.method,
      path: service.basePath + buildTarget(part.target),
      body,
      isRepeatable: true,
      record: call.response.record?.part(service.name),
      prove: (notBefore) => prove(service.name, notBefore),
      headers: (proof) => {
        const headers = options.outboundHeaders(call, service, proof, BATCH_BODY)
        if (body !== null) headers.push('content-type', 'application/json')
        return headers
      },
      catchUp: (position) => options.authenticator.catchUp(position),
    },
    collector,
  )
  signal.addEventListener('abort', () => exchange.abort())
  exchange.start()
  const { status, headers, proof, body: text } = await collector.answer
  return {
    status,
    elements: readElements(text, headers, part.positions.length),
    cookies: returnedCookies(headers['set-cookie'], options.cookie?.name),
    vary: joined(headers['vary']),
    cacheControl: joined(headers['cache-control']),
    retryAfterSeconds: Number(headers['retry-after']) || undefined,
    isEnded: proof.isEnded,
  }
}

function joined(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.join(', ') : value
}
