import type { Principal } from '@portcullis/context'
import type { CallOrigin } from '../request/call.ts'
import { formatTraceparent, type TraceContext } from '../trace/trace-context.ts'
import type { Proof } from './proof.ts'
import { type ForwardedHeadersOptions, forwardedHeaders } from './request-headers.ts'
import type { Service } from './services.ts'

/** Builds what a service gets: the client's headers without its claims about itself, then the gateway's own. */
export type OutboundHeaders = (
  call: CallOrigin,
  service: Service,
  proof: Proof,
  options: ForwardedHeadersOptions,
  /** Default: as the request came. */
  trace?: TraceContext,
) => string[]

/** @param publicUrl Undefined: what came with the request is repeated. */
export function createOutboundHeaders(publicUrl: URL | undefined): OutboundHeaders {
  const proto = publicUrl?.protocol.slice(0, -1) ?? 'http'
  const publicHost = publicUrl?.host
  return (call, service, proof, options, trace = call.trace) => {
    const headers = forwardedHeaders(call.request, options)
    headers.push('x-forwarded-for', call.address)
    const host = publicHost ?? call.request.headers.host ?? ''
    headers.push('x-forwarded-proto', proto, 'x-forwarded-host', host)
    headers.push('x-request-id', call.id, 'traceparent', formatTraceparent(trace))
    if (trace.state !== undefined) headers.push('tracestate', trace.state)
    if (call.cookie.rest !== undefined) headers.push('cookie', call.cookie.rest)
    if (proof.context !== undefined) headers.push('x-portcullis-context', proof.context)
    if (service.identityHeaders !== undefined && proof.authentication !== undefined) {
      pushIdentity(headers, proof.authentication.principal, service.identityHeaders.email)
    }
    return headers
  }
}

function pushIdentity(headers: string[], principal: Principal, withEmail: boolean): void {
  headers.push(
    'x-user-id',
    principal.subject,
    'x-user-roles',
    principal.roles.map(escapeItem).join(','),
  )
  if (principal.organization !== null) headers.push('x-org-id', principal.organization)
  const { email } = principal.custom
  if (withEmail && typeof email === 'string') headers.push('x-user-email', encodeHeader(email))
}

/** Percent-encodes what would split a list or break a header line. */
function escapeItem(item: string): string {
  return encodeHeader(item).replaceAll(',', '%2C')
}

function encodeHeader(value: string): string {
  return value.replace(/[^\x21-\x24\x26-\x7e]/gu, encodeURIComponent)
}
