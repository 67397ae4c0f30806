import type { AssuranceLevel } from '@portcullis/context'
import type { SessionStore, StartedSession } from '@portcullis/sessions'
import type { Authenticator } from '../authenticator.ts'
import { GatewayError } from '../errors.ts'
import type { Revocations } from '../revocation/revocations.ts'
import { askStore } from './ask-store.ts'
import type { Caller } from './caller.ts'
import { deviceOf } from './device-of.ts'
import type { Identity, IdentityVerifier } from './identity.ts'
import { type Proving, proveIdentity } from './prove-identity.ts'

export interface SignInOptions<SignInInput> extends Proving {
  readonly identity: IdentityVerifier<SignInInput>
  readonly sessions: SessionStore
  readonly authenticator: Authenticator
  readonly revocations: Revocations
  /** Of sessions whose verifier names none. */
  readonly sessionProfile: AssuranceLevel
}

/**
 * Starts a session for whoever proves an identity. A session that the same browser already had ends with it.
 *
 * @throws {GatewayError} `ERR_THROTTLED`, `ERR_SIGN_IN_REFUSED`, `ERR_SECOND_FACTOR_REQUIRED`, `ERR_SIGN_IN_UNAVAILABLE`.
 */
export async function signIn<SignInInput>(
  options: SignInOptions<SignInInput>,
  input: SignInInput,
  caller: Caller,
): Promise<StartedSession> {
  const { sessions, authenticator, revocations } = options
  // Before the proof is looked at: one that is found right by what holds no more, such as an old password, starts nothing.
  const begins = await authenticator.place()
  const identity = await identify(options, input, caller)
  const started = await askStore(() =>
    sessions.start({
      profile: options.sessionProfile,
      ...identity,
      device: deviceOf(caller.userAgent),
      begins,
    }),
  )
  const session = caller.authentication?.session.id
  if (session !== undefined) {
    const { subject: actor } = started.session
    await revocations.revoke({ session }, { reason: 'replaced', wait: 'majority', actor })
  } else {
    // The session stands, whether or not this gateway has heard yet what ended with it.
    await authenticator.catchUp(started.position).catch(() => undefined)
  }
  return started
}

async function identify<SignInInput>(
  options: SignInOptions<SignInInput>,
  input: SignInInput,
  caller: Caller,
): Promise<Identity> {
  const { identity } = options
  const { found, succeeded } = await proveIdentity<Identity>(options, {
    ...caller,
    account: identity.account ? identity.account(input) : accountOf(input),
    verify: (verifying) => identity.verify(input, verifying),
  })
  if (found === null) throw new GatewayError('ERR_SIGN_IN_REFUSED')
  caller.head.deviceCookie = await succeeded()
  return found
}

const ACCOUNT_FIELDS = ['email', 'username', 'login', 'phone', 'account']

function accountOf(input: unknown): string | undefined {
  if (typeof input !== 'object' || input === null) return undefined
  const fields = new Map<string, unknown>(Object.entries(input))
  return ACCOUNT_FIELDS.map((field) => fields.get(field)).find((value) => typeof value === 'string')
}
