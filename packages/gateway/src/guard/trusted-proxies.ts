import type { IPv4, IPv6 } from 'ipaddr.js'
import ipaddr from 'ipaddr.js'

/**
 * Whose word about the client's address is believed: how many proxies stand in front, or their addresses and networks,
 * `10.0.0.0/8`, `fd00::/8`. Default 0: nobody's.
 */
export type TrustedProxies = number | readonly string[]

/** @param hop How many proxies between it and the gateway have been passed already. */
export type ProxyTrust = (address: string, hop: number) => boolean

const MAX_HOPS = 16
/** Addresses of which is remembered whether they are a proxy's. */
const MAX_REMEMBERED = 1_000

/** @throws {TypeError} naming the entry that is no address and no network. */
export function createProxyTrust(proxies: TrustedProxies = 0): ProxyTrust {
  if (typeof proxies === 'number') {
    if (!Number.isInteger(proxies) || proxies < 0 || proxies > MAX_HOPS) {
      throw new TypeError(`trustedProxies: not a number of hops from 0 to ${MAX_HOPS}`)
    }
    return (_address, hop) => hop < proxies
  }
  const isListed = remember(proxies.map(parseNetwork))
  return (address, hop) => hop < MAX_HOPS && isListed(address)
}

/** Few addresses come again and again: those of the proxies. */
function remember(networks: readonly [IPv4 | IPv6, number][]): (address: string) => boolean {
  const known = new Map<string, boolean>()
  return (address) => {
    const found = known.get(address)
    if (found !== undefined) return found
    if (known.size >= MAX_REMEMBERED) known.clear()
    const isListed = isWithin(networks, address)
    known.set(address, isListed)
    return isListed
  }
}

function isWithin(networks: readonly [IPv4 | IPv6, number][], address: string): boolean {
  if (networks.length === 0 || !ipaddr.isValid(address)) return false
  const parsed = ipaddr.process(address)
  return networks.some((network) => network[0].kind() === parsed.kind() && parsed.match(network))
}

function parseNetwork(text: string): [IPv4 | IPv6, number] {
  try {
    if (text.includes('/')) return ipaddr.parseCIDR(text)
    const address = ipaddr.process(text)
    return [address, address.kind() === 'ipv4' ? 32 : 128]
  } catch (cause) {
    throw new TypeError(`trustedProxies: "${text}" is neither an address nor a network`, { cause })
  }
}
