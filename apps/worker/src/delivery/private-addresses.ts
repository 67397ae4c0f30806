import { type LookupAddress, lookup as lookUp } from 'node:dns'
import { BlockList, isIP, type LookupFunction } from 'node:net'
import { WorkerError } from '../errors.ts'

/** Networks that no receiver on the Internet has: private, shared, on the link (where clouds have their metadata), reserved. */
const PRIVATE = new BlockList()
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const) {
  PRIVATE.addSubnet(network, prefix, 'ipv4')
}
const PUBLIC_IPV6 = new BlockList()
// What is routed begins with these three bits; addresses that hold an IPv4 address or a tunnel in them are left out below.
PUBLIC_IPV6.addSubnet('2000::', 3, 'ipv6')
for (const [network, prefix] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
] as const) {
  PRIVATE.addSubnet(network, prefix, 'ipv6')
}

/** Whether it is an IP address that is not one of the public Internet. False for a name. */
export function isPrivateAddress(address: string): boolean {
  const family = isIP(address)
  if (family === 4) return PRIVATE.check(address, 'ipv4')
  if (family === 6) return PRIVATE.check(address, 'ipv6') || !PUBLIC_IPV6.check(address, 'ipv6')
  return false
}

/**
 * Looks a name up as `dns.lookup` does, and refuses it if any of its addresses is private. The address that was judged is the one
 * that is connected to: a name that is answered differently a moment later gains nothing.
 */
export const lookUpPublic: LookupFunction = (hostname, options, callback) => {
  lookUp(hostname, { ...options, all: true }, (error, found) => {
    const [first] = found ?? []
    if (error || !first) return callback(error ?? noAddress(), [])
    if (found.some(({ address }: LookupAddress) => isPrivateAddress(address)))
      return callback(new WorkerError('ERR_RECEIVER_ADDRESS_PRIVATE'), [])
    if (options.all) callback(null, found)
    else callback(null, first.address, first.family)
  })
}

function noAddress(): NodeJS.ErrnoException {
  return new WorkerError('ERR_RECEIVER_UNREACHABLE')
}
