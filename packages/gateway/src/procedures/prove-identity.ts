import { GatewayError } from '../errors.ts'
import type { SecondFactorNeeded } from './identity.ts'
import type { AdmittedAttempt, SignInAttempt, SignInThrottle } from './sign-in-throttle.ts'

export interface Proving {
  readonly throttle: SignInThrottle
  /** How long it may take to find out, in milliseconds. */
  readonly signInTimeoutMs: number
}

interface Attempt<Found> extends SignInAttempt {
  /** Fires when the client leaves. */
  readonly signal: AbortSignal
  /** Null for every reason to refuse. Rejects if it cannot tell. */
  verify(options: { readonly signal: AbortSignal }): Promise<Found | SecondFactorNeeded | null>
}

interface Proved<Found> extends Pick<AdmittedAttempt, 'succeeded'> {
  readonly found: Found | null
}

/**
 * Makes an attempt at proving something, if the throttle has room for it. What is not said to have succeeded counts as a
 * failure.
 *
 * @throws {GatewayError} `ERR_THROTTLED`, `ERR_SECOND_FACTOR_REQUIRED`, `ERR_SIGN_IN_UNAVAILABLE`.
 */
export async function proveIdentity<Found extends object>(
  { throttle, signInTimeoutMs }: Proving,
  { verify, signal, ...attempt }: Attempt<Found>,
): Promise<Proved<Found>> {
  const admitted = await throttle.admit(attempt)
  const verifying = verifyWithin(signInTimeoutMs, verify, signal)
  const found = await verifying.catch(async (cause: unknown) => {
    await admitted.takeBack()
    throw new GatewayError('ERR_SIGN_IN_UNAVAILABLE', { cause })
  })
  if (found !== null && needsSecondFactor(found)) {
    // No failure, and no success either: nobody becomes known by half a proof.
    await admitted.takeBack()
    throw new GatewayError('ERR_SECOND_FACTOR_REQUIRED')
  }
  return { found, succeeded: admitted.succeeded }
}

/** The verifier is told when its time is over, and not waited for whether or not it listens. */
async function verifyWithin<Found>(
  timeoutMs: number,
  verify: (options: { readonly signal: AbortSignal }) => Promise<Found>,
  gone: AbortSignal,
): Promise<Found> {
  const over = AbortSignal.timeout(timeoutMs)
  const verifying = verify({ signal: AbortSignal.any([gone, over]) })
  const { promise: late, reject } = Promise.withResolvers<never>()
  const onOver = () => reject(over.reason)
  over.addEventListener('abort', onOver, { once: true })
  try {
    return await Promise.race([verifying, late])
  } finally {
    over.removeEventListener('abort', onOver)
  }
}

function needsSecondFactor(found: object): found is SecondFactorNeeded {
  return 'needs' in found && found.needs === 'second-factor'
}
