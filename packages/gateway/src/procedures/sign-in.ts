import type { AssuranceLevel } from '@portcullis/context'
import type { SessionStore, StartedSession } from '@portcullis/sessions'
import type { Authenticator } from '../authenticator.ts'
import { GatewayError } from '../errors.ts'
import type { Revocations } from '../revocation/revocations.ts'
import { askStore } from './ask-store.ts'
import type { Caller } from './caller.ts'
import { deviceOf } from './device-of.ts'
import type { Identity, IdentityVerifier } from './identity.ts'
import type { SignInThrottle } from './sign-in-throttle.ts'

export interface SignInOptions<SignInInput> {
  readonly identity: IdentityVerifier<SignInInput>
  readonly sessions: SessionStore
  readonly authenticator: Authenticator
  readonly revocations: Revocations
  readonly throttle: SignInThrottle
  /** Of sessions whose verifier names none. */
  readonly sessionProfile: AssuranceLevel
  /** How long the verifier may take, in milliseconds. */
  readonly signInTimeoutMs: number
}

/**
 * Starts a session for whoever proves an identity. A session that the same browser already had ends with it.
 *
 * @throws {GatewayError} `ERR_THROTTLED`, `ERR_SIGN_IN_REFUSED`, `ERR_SIGN_IN_UNAVAILABLE`.
 */
export async function signIn<SignInInput>(
  options: SignInOptions<SignInInput>,
  input: SignInInput,
  caller: Caller,
): Promise<StartedSession> {
  const { sessions, authenticator, revocations } = options
  const identity = await identify(options, input, caller)
  const started = await askStore(() =>
    sessions.start({
      profile: options.sessionProfile,
      ...identity,
      device: deviceOf(caller.userAgent),
    }),
  )
  const session = caller.authentication?.session.id
  if (session !== undefined) {
    await revocations.revoke({ session }, { reason: 'replaced', wait: 'majority' })
  } else {
    // The session stands, whether or not this gateway has heard yet what ended with it.
    await authenticator.catchUp(started.position).catch(() => undefined)
  }
  return started
}

async function identify<SignInInput>(
  { identity, throttle, signInTimeoutMs }: SignInOptions<SignInInput>,
  input: SignInInput,
  { address, cookies, head, signal }: Caller,
): Promise<Identity> {
  const account = identity.account ? identity.account(input) : accountOf(input)
  const attempt = await throttle.admit({ address, account, cookies })
  const verifying = verifyWithin(signInTimeoutMs, identity, input, signal)
  const found = await verifying.catch(async (cause: unknown) => {
    await attempt.takeBack()
    throw new GatewayError('ERR_SIGN_IN_UNAVAILABLE', { cause })
  })
  if (found === null) throw new GatewayError('ERR_SIGN_IN_REFUSED')
  head.deviceCookie = await attempt.succeeded()
  return found
}

/** The verifier is told when its time is over, and not waited for whether or not it listens. */
async function verifyWithin<SignInInput>(
  timeoutMs: number,
  identity: IdentityVerifier<SignInInput>,
  input: SignInInput,
  gone: AbortSignal,
): Promise<Identity | null> {
  const over = AbortSignal.timeout(timeoutMs)
  const verifying = identity.verify(input, { signal: AbortSignal.any([gone, over]) })
  const { promise: late, reject } = Promise.withResolvers<never>()
  const onOver = () => reject(over.reason)
  over.addEventListener('abort', onOver, { once: true })
  try {
    return await Promise.race([verifying, late])
  } finally {
    over.removeEventListener('abort', onOver)
  }
}

const ACCOUNT_FIELDS = ['email', 'username', 'login', 'phone', 'account']

function accountOf(input: unknown): string | undefined {
  if (typeof input !== 'object' || input === null) return undefined
  const fields = new Map<string, unknown>(Object.entries(input))
  return ACCOUNT_FIELDS.map((field) => fields.get(field)).find((value) => typeof value === 'string')
}
