import type { SessionStore, StartedSession } from '@portcullis/sessions'
import type { Authenticator } from '../authenticator.ts'
import { GatewayError } from '../errors.ts'
import type { Caller } from './caller.ts'
import { deviceOf } from './device-of.ts'
import type { Identity, IdentityVerifier } from './identity.ts'
import { changeSessions } from './session-changes.ts'
import type { SignInAttempt, SignInThrottle } from './sign-in-throttle.ts'

export interface SignInOptions<SignInInput> {
  readonly identity: IdentityVerifier<SignInInput>
  readonly sessions: SessionStore
  readonly authenticator: Authenticator
  readonly throttle: SignInThrottle
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
  const { sessions, authenticator } = options
  const identity = await identify(options, input, caller)
  const started = await changeSessions(authenticator, () =>
    sessions.start({ ...identity, device: deviceOf(caller.userAgent) }),
  )
  const previous = caller.authentication?.session.id
  if (previous !== undefined) {
    await changeSessions(authenticator, () =>
      sessions.revoke({ session: previous }, { cause: 'replaced' }),
    )
  }
  return started
}

async function identify<SignInInput>(
  { identity, throttle }: SignInOptions<SignInInput>,
  input: SignInInput,
  { address, signal }: Caller,
): Promise<Identity> {
  const account = identity.account ? identity.account(input) : accountOf(input)
  const attempt: SignInAttempt = { address, account }
  await throttle.admit(attempt)
  const found = await identity.verify(input, { signal }).catch(async (cause: unknown) => {
    await throttle.refund(attempt)
    throw new GatewayError('ERR_SIGN_IN_UNAVAILABLE', { cause })
  })
  if (found === null) throw new GatewayError('ERR_SIGN_IN_REFUSED')
  await throttle.succeed(attempt)
  return found
}

const ACCOUNT_FIELDS = ['email', 'username', 'login', 'phone', 'account']

function accountOf(input: unknown): string | undefined {
  if (typeof input !== 'object' || input === null) return undefined
  const fields = new Map<string, unknown>(Object.entries(input))
  return ACCOUNT_FIELDS.map((field) => fields.get(field)).find((value) => typeof value === 'string')
}
