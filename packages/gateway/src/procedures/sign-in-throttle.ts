import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import { z } from 'zod'
import { GatewayError } from '../errors.ts'
import { networkOf } from '../guard/network.ts'

export interface SignInThrottleOptions {
  /** Attempts from one address, whatever came of them, per minute. Default 60. */
  readonly attemptsPerAddress?: number
  /** Failed attempts at one account from one address, per 15 minutes. Default 10. */
  readonly failuresPerAccount?: number
  /** Addresses, and pairs of account and address, remembered at most; the one seen longest ago is forgotten. Default 50,000 each. */
  readonly maxKeys?: number
}

/**
 * Slows down guessing. An account is never locked as such: what counts is an account together with the address that
 * tries it, so nobody can lock another person out.
 */
export interface SignInThrottle {
  /**
   * Counts an attempt before it is made.
   *
   * @throws {GatewayError} `ERR_THROTTLED` with the seconds to wait.
   */
  admit(attempt: SignInAttempt): Promise<void>
  /** Forgets the failures of an account from an address: its owner was there. */
  succeed(attempt: SignInAttempt): Promise<void>
  /** Takes an attempt back that could not be judged. */
  refund(attempt: SignInAttempt): Promise<void>
}

export interface SignInAttempt {
  readonly address: string
  readonly account: string | undefined
}

const MINUTE_SECONDS = 60
const QUARTER_SECONDS = 900

export const signInThrottleSchema = z.strictObject({
  attemptsPerAddress: z.int().positive().default(60),
  failuresPerAccount: z.int().positive().default(10),
  maxKeys: z.int().positive().default(50_000),
})

/** @throws {TypeError} naming an option that is not a positive integer. */
export function createSignInThrottle(options: SignInThrottleOptions = {}): SignInThrottle {
  const parsed = signInThrottleSchema.safeParse(options)
  if (!parsed.success) throw new TypeError(`signInThrottle: ${z.prettifyError(parsed.error)}`)
  const { attemptsPerAddress, failuresPerAccount, maxKeys } = parsed.data
  const byAddress = createBoundedLimiter(attemptsPerAddress, MINUTE_SECONDS, maxKeys)
  const byAccount = createBoundedLimiter(failuresPerAccount, QUARTER_SECONDS, maxKeys)
  return {
    async admit({ address, account }) {
      const network = networkOf(address)
      await byAddress.consume(network)
      if (account !== undefined) await byAccount.consume(pairOf(network, account))
    },
    async succeed({ address, account }) {
      if (account !== undefined) await byAccount.forget(pairOf(networkOf(address), account))
    },
    async refund({ address, account }) {
      if (account !== undefined) await byAccount.refund(pairOf(networkOf(address), account))
    },
  }
}

function pairOf(network: string, account: string): string {
  return `${network} ${account.trim().toLowerCase().slice(0, 256)}`
}

/** A limiter in memory whose number of keys is bounded; the library's own grows with every address. */
function createBoundedLimiter(points: number, duration: number, maxKeys: number) {
  const limiter = new RateLimiterMemory({ points, duration })
  const keys = new Set<string>()
  return {
    async consume(key: string): Promise<void> {
      keys.delete(key)
      keys.add(key)
      const [oldest] = keys
      if (keys.size > maxKeys && oldest !== undefined) await this.forget(oldest)
      await limiter.consume(key).catch((refusal: unknown) => {
        const waitMs = refusal instanceof RateLimiterRes ? refusal.msBeforeNext : 1_000
        throw new GatewayError('ERR_THROTTLED', { retryAfterSeconds: Math.ceil(waitMs / 1_000) })
      })
    },
    async refund(key: string): Promise<void> {
      if (keys.has(key)) await limiter.reward(key)
    },
    async forget(key: string): Promise<void> {
      keys.delete(key)
      await limiter.delete(key)
    },
  }
}
