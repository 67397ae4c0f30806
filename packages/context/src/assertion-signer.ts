import { randomUUID } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { ClockLike } from './clock.ts'
import type { KeyRing } from './key-ring.ts'
import { signToken } from './token.ts'

/** Milliseconds an assertion lives at most. */
export const ASSERTION_LIFETIME_MS = 30_000

/** Callees whose current assertion is kept. */
const MAX_AUDIENCES = 256

export interface AssertionSignerOptions {
  /** The name of the service that calls: the issuer that its callees trust. */
  service: string
  keyRing: KeyRing
  /** Whole seconds in milliseconds, 2 to 30 of them. Default 30,000. */
  lifetimeMs?: number
  clock: ClockLike
}

export interface AssertionSigner {
  /** Says to `audience` which service calls. The same assertion is handed out for half its life. */
  sign(options: { audience: string }): Promise<string>
}

/** @throws {TypeError} when `lifetimeMs` is out of range. */
export function createAssertionSigner(options: AssertionSignerOptions): AssertionSigner {
  const { service, keyRing, clock, lifetimeMs = ASSERTION_LIFETIME_MS } = options
  if (!(lifetimeMs >= 2000 && lifetimeMs <= ASSERTION_LIFETIME_MS && lifetimeMs % 1000 === 0))
    throw new TypeError('`lifetimeMs` must be whole seconds between 2,000 and 30,000')
  const current = new LRUCache<string, { token: Promise<string>; renewAt: number }>({
    max: MAX_AUDIENCES,
  })

  function signNew(audience: string): Promise<string> {
    const iat = Math.floor(clock.wall() / 1000)
    const times = { iat, exp: iat + lifetimeMs / 1000 }
    const claims = { iss: service, aud: audience, ...times, jti: randomUUID() }
    return signToken(claims, 'svc+jwt', keyRing.signing)
  }

  return {
    sign({ audience }) {
      const known = current.get(audience)
      if (known && clock.now() < known.renewAt) return known.token
      const token = signNew(audience)
      current.set(audience, { token, renewAt: clock.now() + lifetimeMs / 2 })
      return token
    },
  }
}
