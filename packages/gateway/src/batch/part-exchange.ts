import type { Authenticator } from '../authenticator.ts'
import { GatewayError } from '../errors.ts'
import type { ExchangePlan } from '../forward/exchange.ts'
import type { OutboundHeaders } from '../forward/outbound-headers.ts'
import type { Proof, Prove } from '../forward/proof.ts'
import { assertWithinLimits } from '../forward/request-limits.ts'
import type { Service } from '../forward/services.ts'
import type { SessionCookie } from '../guard/session-cookie.ts'
import type { GatewayLimits } from '../limits.ts'
import type { Call } from '../request/call.ts'
import { buildTarget } from '../request/target.ts'
import type { Part } from './part.ts'

export interface PartExchangeOptions {
  readonly authenticator: Authenticator
  readonly cookie: SessionCookie | undefined
  readonly limits: GatewayLimits
  readonly outboundHeaders: OutboundHeaders
}

/** A part of a batch on its way to one service. */
export interface PartRequest {
  readonly call: Call
  readonly part: Part
  readonly service: Service
  readonly prove: Prove
  /** Learns of what the gateway knew of the caller when it sent the part, each time it did. */
  onProof?(proof: Proof): void
}

const BATCH_BODY = { keepBody: false, keepEncoding: false }

/** @throws {GatewayError} `ERR_BODY_TOO_LARGE`, `ERR_BATCH_TOO_LARGE`, `ERR_TARGET_TOO_LONG`, `ERR_HEADERS_TOO_LARGE`. */
export function planPart(options: PartExchangeOptions, request: PartRequest): ExchangePlan {
  const { call, part, service, prove, onProof } = request
  assertWithinLimits(call.request, part.target, service.requestLimits)
  const body = call.method === 'POST' ? Buffer.from(part.input) : null
  if (body !== null && body.length > service.bodyLimitBytes) {
    throw new GatewayError('ERR_BODY_TOO_LARGE')
  }
  const record = call.response.record?.part(service.name)
  return {
    lane: call.form === 'jsonl' ? service.streams : service.pool,
    method: call.method,
    path: service.basePath + buildTarget(part.target),
    body,
    isRepeatable: true,
    record,
    prove: (notBefore) => prove(service.name, notBefore),
    headers: (proof) => {
      onProof?.(proof)
      const headers = options.outboundHeaders(call, service, proof, BATCH_BODY, record?.trace)
      // It decides alone, whatever `accept` says.
      headers.push('trpc-accept', call.form === 'jsonl' ? 'application/jsonl' : 'application/json')
      if (body !== null) headers.push('content-type', 'application/json')
      return headers
    },
    catchUp: (position) => options.authenticator.catchUp(position),
  }
}
