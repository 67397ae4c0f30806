import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { isDeepStrictEqual } from 'node:util'

/** All addresses that a host name has at the moment. */
export type Resolve = (hostname: string) => Promise<readonly string[]>

export interface AddressesOptions {
  readonly hostname: string
  readonly resolve: Resolve
  /** Between the end of one look and the next, in milliseconds. */
  readonly intervalMs: number
  /** How many of them are used at most. */
  readonly most: number
  /** Called when they have changed, in a fixed order. */
  onChange(addresses: readonly string[]): void
}

/** Whether what stands in a URL is a name that may come to mean something else. */
export function isName(hostname: string): boolean {
  return hostname !== 'localhost' && !hostname.startsWith('[') && isIP(hostname) === 0
}

/** As the operating system says, its file of hosts included. */
export const resolveBySystem: Resolve = async (hostname) => {
  const found = await lookup(hostname, { all: true })
  return found.map(({ address }) => address)
}

/** Looks up a name again and again. If that fails, what was known goes on. */
export function watchAddresses(options: AddressesOptions): Disposable {
  const { hostname, resolve, intervalMs, most, onChange } = options
  let known: readonly string[] = []
  let timer: NodeJS.Timeout | undefined
  let isDisposed = false

  async function look() {
    const found = await resolve(hostname).catch(() => known)
    if (isDisposed) return
    timer = setTimeout(() => void look(), intervalMs).unref()
    const addresses = [...new Set(found)].sort().slice(0, most)
    if (addresses.length === 0 || isDeepStrictEqual(addresses, known)) return
    known = addresses
    onChange(addresses)
  }

  void look()
  return {
    [Symbol.dispose]() {
      isDisposed = true
      clearTimeout(timer)
    },
  }
}
