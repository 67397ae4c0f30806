import type { Keyspace, Redis } from '@portcullis/redis'
import { LRUCache } from 'lru-cache'
import { hide } from '../guard/shared-counters.ts'

export interface SignInNetworksOptions {
  /** Stays the caller's to dispose of. Without it each gateway remembers for itself. */
  readonly store?: { readonly redis: Redis; readonly keyspace: Keyspace } | undefined
  readonly pepper: string
  /** Remembered in memory, at most. */
  readonly maxKeys: number
}

/** From which networks accounts have signed in of late: their owners may come back without their cookies. */
export interface SignInNetworks {
  /** Whether an account has signed in from a network within 30 days. False if nobody can tell. */
  isKnown(account: string, network: string): Promise<boolean>
  remember(account: string, network: string): Promise<void>
}

const REMEMBERED_SECONDS = 30 * 86_400

export function createSignInNetworks(options: SignInNetworksOptions): SignInNetworks {
  const { store, pepper, maxKeys } = options
  const here = new LRUCache<string, true>({ max: maxKeys, ttl: REMEMBERED_SECONDS * 1_000 })
  const nameOf = (account: string, network: string) => hide(pepper, `${network} ${account}`)
  return {
    async isKnown(account, network) {
      const name = nameOf(account, network)
      if (here.has(name)) return true
      if (store === undefined) return false
      // Nobody is let in by this: who cannot be recognised is counted among the strangers.
      const found = await store.redis.get(store.keyspace.signInNetwork(name)).catch(() => null)
      return found !== null
    },
    async remember(account, network) {
      const name = nameOf(account, network)
      here.set(name, true)
      const key = store?.keyspace.signInNetwork(name)
      // Without it the person is a stranger next time, at worst.
      if (key) await store?.redis.set(key, '1', 'EX', REMEMBERED_SECONDS).catch(() => null)
    },
  }
}
