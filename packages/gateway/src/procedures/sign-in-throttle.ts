import type { SessionId } from '@portcullis/context'
import { type Clock, systemClock } from '@portcullis/runtime'
import { z } from 'zod'
import { networkOf } from '../guard/network.ts'
import type { SharedCounters } from '../guard/shared-counters.ts'
import type { SignInDevices } from './sign-in-devices.ts'
import { createSignInLimiter, type SignInLimiter } from './sign-in-limiter.ts'
import type { SignInNetworks } from './sign-in-networks.ts'

/** A stranger signs in from a device and a network from which the account has not signed in before. */
export interface SignInThrottleOptions {
  /** Attempts of strangers from one address, whatever comes of them, per minute. Default 60. */
  readonly attemptsPerAddress?: number
  /** Failures of strangers from one address, per 15 minutes. Default 20. */
  readonly failuresPerAddress?: number
  /** Failures of strangers at one account, from wherever, per 15 minutes. Default 5. */
  readonly failuresPerAccount?: number
  /** Failures of all strangers at all accounts, per minute. Default 100. */
  readonly failuresOverall?: number
  /** Failures at one account from a device or network it has signed in from before, or of a session, per 15 minutes. Default 10. */
  readonly failuresPerDevice?: number
  /** Counters of each kind in memory, at most; the one used longest ago is forgotten. Default 50,000. */
  readonly maxKeys?: number
}

/**
 * Stops guessing, from however many addresses, without locking anybody out: limits by account and overall hold for
 * strangers alone, and whoever has signed in before from a device or network is counted apart there.
 */
export interface SignInThrottle {
  /**
   * Counts an attempt before it is made.
   *
   * @throws {GatewayError} `ERR_THROTTLED` with the seconds to wait.
   */
  admit(attempt: SignInAttempt): Promise<AdmittedAttempt>
}

export interface SignInAttempt {
  readonly address: string
  readonly account: string | undefined
  /** The `Cookie` header. */
  readonly cookies: string | undefined
  /** That of somebody who is signed in, and thus no stranger: its failures are counted apart. */
  readonly session?: SessionId
}

export interface AdmittedAttempt {
  /** It was no failure. @returns the `Set-Cookie` value by which the device is known from now on. */
  succeeded(): Promise<string | undefined>
  /** Nobody could judge it. */
  takeBack(): Promise<void>
}

export interface SignInThrottleParts {
  readonly devices?: SignInDevices
  readonly networks?: SignInNetworks
  readonly counters?: SharedCounters
  readonly clock?: Clock
}

const MINUTE_SECONDS = 60
const QUARTER_SECONDS = 900

/** What a throttle's options have to be. */
export const signInThrottleSchema = z.strictObject({
  attemptsPerAddress: z.int().positive().default(60),
  failuresPerAddress: z.int().positive().default(20),
  failuresPerAccount: z.int().positive().default(5),
  failuresOverall: z.int().positive().default(100),
  failuresPerDevice: z.int().positive().default(10),
  maxKeys: z.int().positive().default(50_000),
})

export type CheckedThrottle = z.output<typeof signInThrottleSchema>

/** @throws {TypeError} naming an option that is not a positive integer. */
export function checkSignInThrottle(options: SignInThrottleOptions = {}): CheckedThrottle {
  const parsed = signInThrottleSchema.safeParse(options)
  if (!parsed.success) throw new TypeError(`signInThrottle: ${z.prettifyError(parsed.error)}`)
  return parsed.data
}

/** @param parts Without them each gateway counts alone, and everybody is a stranger. */
export function createSignInThrottle(
  limits: CheckedThrottle,
  parts: SignInThrottleParts = {},
): SignInThrottle {
  const { devices, networks } = parts
  const limiters = createLimiters(limits, parts)

  /** The name under which a known caller is counted; undefined for a stranger. */
  async function recognise(account: string, network: string, cookies: string | undefined) {
    const device = devices?.recognise(account, cookies)
    if (device !== undefined) return `${device} ${account}`
    return (await networks?.isKnown(account, network)) ? `${network} ${account}` : undefined
  }

  /** One after the other: what the first refuses does not count against the others. */
  async function takeAsStranger(network: string, account: string | undefined): Promise<Taken[]> {
    const failures: Taken[] = [{ limiter: limiters.failuresByAddress, key: network }]
    if (account !== undefined) failures.push({ limiter: limiters.failuresByAccount, key: account })
    failures.push({ limiter: limiters.failuresOverall, key: 'all' })
    // Most of a flood ends here, at the cost of a look into memory.
    for (const { limiter, key } of failures) limiter.assertRoom(key)
    await limiters.attemptsByAddress.take(network)
    for (const { limiter, key } of failures) await limiter.take(key)
    return failures
  }

  return {
    async admit({ address, account: written, cookies, session }) {
      const network = networkOf(address)
      const account = written === undefined ? undefined : normalized(written)
      const known = session ?? (account && (await recognise(account, network, cookies)))
      if (known) await limiters.failuresByDevice.take(known)
      const taken = known ? [] : await takeAsStranger(network, account)
      const giveBack = () => Promise.all(taken.map(({ limiter, key }) => limiter.giveBack(key)))
      return {
        async succeeded() {
          await (known ? limiters.failuresByDevice.forget(known) : giveBack())
          if (account === undefined || session !== undefined) return undefined
          await networks?.remember(account, network)
          return devices?.remember(account, cookies)
        },
        async takeBack() {
          await (known ? limiters.failuresByDevice.giveBack(known) : giveBack())
        },
      }
    },
  }
}

interface Taken {
  readonly limiter: SignInLimiter
  readonly key: string
}

function createLimiters(
  limits: CheckedThrottle,
  { counters, clock = systemClock }: SignInThrottleParts,
) {
  const create = (name: string, limit: number, windowSeconds: number) =>
    createSignInLimiter(
      { name, limit, windowSeconds },
      { maxKeys: limits.maxKeys, counters, clock },
    )
  return {
    attemptsByAddress: create('sign-in.attempts', limits.attemptsPerAddress, MINUTE_SECONDS),
    failuresByAddress: create('sign-in.address', limits.failuresPerAddress, QUARTER_SECONDS),
    failuresByAccount: create('sign-in.account', limits.failuresPerAccount, QUARTER_SECONDS),
    failuresOverall: create('sign-in.overall', limits.failuresOverall, MINUTE_SECONDS),
    failuresByDevice: create('sign-in.device', limits.failuresPerDevice, QUARTER_SECONDS),
  }
}

/** Ada is ada, however she is written. */
function normalized(account: string): string {
  return account.trim().normalize('NFKC').toLowerCase().slice(0, 256)
}
