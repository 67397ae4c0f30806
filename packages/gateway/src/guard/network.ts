import ipaddr from 'ipaddr.js'

/** What counts as one client: an address, or of IPv6 the 2^64 addresses that one host can have. */
export function networkOf(address: string): string {
  if (!address.includes(':') || !ipaddr.IPv6.isValid(address)) return address
  const parsed = ipaddr.process(address)
  return parsed.kind() === 'ipv4' ? parsed.toString() : `${prefixOf(parsed.toByteArray())}/64`
}

function prefixOf(bytes: readonly number[]): string {
  return Buffer.from(bytes.slice(0, 8)).toString('hex')
}
