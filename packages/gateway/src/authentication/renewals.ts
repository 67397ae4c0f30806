import type { SessionId } from '@portcullis/context'
import type { Follower } from '@portcullis/revocation'
import { LRUCache } from 'lru-cache'

/**
 * Sessions that have been given a new secret of late. What was sent with the one before, and comes later, is refused
 * without taking away the cookie that its sender has by now.
 */
export interface Renewals extends Disposable {
  /** Whether the session of this id goes on under another. */
  has(id: SessionId): boolean
}

/** For how long a request may be on its way, in milliseconds. */
const REMEMBERED_MS = 60_000
/** Renewals in memory; of more, the oldest is forgotten. */
const MAX_RENEWALS = 10_000

export function createRenewals(follower: Pick<Follower, 'onEvent'>): Renewals {
  const renewed = new LRUCache<SessionId, true>({ max: MAX_RENEWALS, ttl: REMEMBERED_MS })
  const stop = follower.onEvent((event) => {
    const { kind, cause, session } = event
    if (kind === 'session.revoked' && cause === 'renewed' && session) renewed.set(session, true)
  })
  return { has: (id) => renewed.has(id), [Symbol.dispose]: stop }
}
