import type { IncomingHttpHeaders } from 'node:http'
import ipaddr from 'ipaddr.js'
import type { ProxyTrust } from './trusted-proxies.ts'

/** Where a request comes from. */
export interface ClientAddress {
  /** Of the nearest one that is no trusted proxy; IPv4 in its own form. */
  readonly address: string
  /** Whether it was passed on by a trusted proxy, whose other headers may be believed as well. */
  readonly isThroughProxy: boolean
}

/** The part of a request that says it. */
interface ReceivedRequest {
  readonly socket: { readonly remoteAddress?: string | undefined }
  readonly headers: IncomingHttpHeaders
}

/**
 * Reads `X-Forwarded-For` from its end, as far as each address on the way is a trusted proxy's. What a client wrote into
 * the header itself stands further left and is never reached. An entry that cannot be read ends the walk: the address is
 * then the one of the proxy that passed it on.
 */
export function createClientAddress(isTrusted: ProxyTrust) {
  let last: { readonly text: string | undefined; readonly peer: string } | undefined
  return (request: ReceivedRequest): ClientAddress => {
    const { remoteAddress } = request.socket
    // Behind a proxy it is nearly always the same one.
    if (last === undefined || last.text !== remoteAddress) {
      last = { text: remoteAddress, peer: plainAddress(remoteAddress) ?? 'unknown' }
    }
    const { peer } = last
    if (!isTrusted(peer, 0)) return { address: peer, isThroughProxy: false }
    const forwarded = request.headers['x-forwarded-for']
    const address = forwarded === undefined ? peer : walk(String(forwarded), peer, isTrusted)
    return { address, isThroughProxy: true }
  }
}

function walk(forwarded: string, peer: string, isTrusted: ProxyTrust): string {
  let address = peer
  let end = forwarded.length
  for (let hop = 0; end > 0 && isTrusted(address, hop); hop++) {
    const comma = forwarded.lastIndexOf(',', end - 1)
    const next = plainAddress(withoutPort(forwarded.slice(comma + 1, end).trim()))
    if (next === undefined) return address
    address = next
    end = comma
  }
  return address
}

/** Some proxies add the port: `192.0.2.1:4711`, `[2001:db8::1]:4711`. */
function withoutPort(entry: string): string {
  const match = /^(?:\[([^\]]+)\]|(\d+(?:\.\d+){3}))(?::\d{1,5})?$/.exec(entry)
  return match?.[1] ?? match?.[2] ?? entry
}

function plainAddress(address: string | undefined): string | undefined {
  if (address === undefined) return undefined
  // What nearly every request has, told by its dots and without a parser.
  if (IPV4.test(address)) return address
  return ipaddr.IPv6.isValid(address) ? ipaddr.process(address).toString() : undefined
}

const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$/
