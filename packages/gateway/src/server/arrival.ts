import type { IncomingMessage } from 'node:http'
import { createClientAddress } from '../guard/client-address.ts'
import { requestIdOf } from '../guard/request-id.ts'
import { createProxyTrust, type TrustedProxies } from '../guard/trusted-proxies.ts'
import { type TraceContext, traceContextOf } from '../trace/trace-context.ts'

/** What is known of a request before anything of it is read. */
export interface Arrival {
  /** In error bodies, logs and the header `x-request-id` of answer and forwarded request. */
  readonly id: string
  /** Network address of the client. */
  readonly address: string
  readonly trace: TraceContext
}

export type ArrivalReader = (request: IncomingMessage) => Arrival

/** @throws {TypeError} naming what is wrong about `trustedProxies`. */
export function createArrivalReader(trustedProxies: TrustedProxies | undefined): ArrivalReader {
  const clientAddress = createClientAddress(createProxyTrust(trustedProxies))
  return (request) => {
    const { address, isThroughProxy } = clientAddress(request)
    const id = requestIdOf(request.headers, isThroughProxy)
    return { id, address, trace: traceContextOf(request.headers) }
  }
}
