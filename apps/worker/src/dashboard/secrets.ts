import { createHash, randomBytes } from 'node:crypto'
import type { Clock } from '@portcullis/runtime'

/** Secrets that stand for something for a while. Only their hashes are kept. */
export interface Secrets<Value> {
  /** 43 characters of base64url. Beyond `max` the oldest is void. */
  issue(value: Value): string
  find(secret: string): Value | undefined
  /** As `find`, and it is void from then on. */
  take(secret: string): Value | undefined
}

export interface SecretsOptions {
  /** How many there are at a time. */
  readonly max: number
  readonly lifetimeMs: number
  readonly clock: Pick<Clock, 'now'>
}

export function createSecrets<Value>({ max, lifetimeMs, clock }: SecretsOptions): Secrets<Value> {
  const kept = new Map<string, { value: Value; endsAt: number }>()

  function find(secret: string): Value | undefined {
    const entry = kept.get(hashOf(secret))
    return entry && clock.now() < entry.endsAt ? entry.value : undefined
  }

  return {
    find,
    issue(value) {
      const secret = randomBytes(32).toString('base64url')
      const [oldest] = kept.keys()
      if (kept.size >= max && oldest !== undefined) kept.delete(oldest)
      kept.set(hashOf(secret), { value, endsAt: clock.now() + lifetimeMs })
      return secret
    },
    take(secret) {
      const value = find(secret)
      kept.delete(hashOf(secret))
      return value
    },
  }
}

function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url')
}
