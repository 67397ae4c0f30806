import { isIPv6 } from 'node:net'
import { LRUCache } from 'lru-cache'
import type { Pseudonyms } from './pseudonyms.ts'

/** How a network address is written down: its network alone, a keyed hash, as it is, or not at all. */
export type AddressForm = 'truncated' | 'hashed' | 'full' | 'omitted'

/** Addresses whose form is remembered. */
const MEMO_ENTRIES = 2_000

export function createAddressForm(
  form: AddressForm,
  pseudonyms: Pseudonyms,
): (address: string) => string | undefined {
  if (form === 'omitted') return () => undefined
  if (form === 'full') return (address) => address
  const show = form === 'hashed' ? pseudonyms.ofAddress : truncateAddress
  const memo = new LRUCache<string, string>({ max: MEMO_ENTRIES })
  return (address) => {
    const known = memo.get(address)
    if (known !== undefined) return known
    const shown = show(address)
    memo.set(address, shown)
    return shown
  }
}

/** Without its last 8 bits, or the last 80 of version 6: what remains names a network and no household. */
export function truncateAddress(address: string): string {
  if (!isIPv6(address)) return address.replace(/\d+$/, '0')
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.)\d+$/i.exec(address)
  return mapped ? `${mapped[1]}0` : `${leadingGroups(address).join(':')}::`
}

/** The first three groups, those that `::` stands for written out. */
function leadingGroups(address: string): string[] {
  const [head = '', tail] = address.split('::')
  const groups = head === '' ? [] : head.split(':')
  if (tail === undefined) return groups.slice(0, 3)
  const rest = tail === '' ? [] : tail.split(':')
  const zeros = Array<string>(Math.max(0, 8 - groups.length - rest.length)).fill('0')
  return [...groups, ...zeros, ...rest].slice(0, 3)
}
