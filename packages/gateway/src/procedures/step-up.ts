import type { SessionStore, StartedSession } from '@portcullis/sessions'
import type { Authentication } from '../authenticator.ts'
import { GatewayError } from '../errors.ts'
import type { RevocationReceipt } from '../revocation/receipt.ts'
import type { Revocations } from '../revocation/revocations.ts'
import type { Caller } from './caller.ts'
import type { Identity, IdentityVerifier, Verdict } from './identity.ts'
import { assertMade } from './own-sessions.ts'
import { type Proving, proveIdentity } from './prove-identity.ts'

export interface StepUpOptions<SignInInput> extends Proving {
  readonly identity: IdentityVerifier<SignInInput>
  readonly sessions: SessionStore
  readonly revocations: Revocations
}

export interface SteppedUp extends Pick<StartedSession, 'token' | 'session'> {
  readonly receipt: RevocationReceipt
}

export type SignedIn = Caller & { readonly authentication: Authentication }

/**
 * Gives a session a new secret after its person has proved anew who they are; the secret before it is refused from then
 * on. Both timeouts begin anew.
 *
 * @throws {GatewayError} `ERR_PROOF_REFUSED`, also when it proves somebody else; `ERR_SECOND_FACTOR_REQUIRED`,
 *   `ERR_THROTTLED`, `ERR_SIGN_IN_UNAVAILABLE`, `ERR_SESSION_REVOKED`, `ERR_UNVERIFIABLE`.
 */
export async function stepUp<SignInInput>(
  options: StepUpOptions<SignInInput>,
  input: unknown,
  caller: SignedIn,
): Promise<SteppedUp> {
  const { principal, session } = caller.authentication
  const { found, succeeded } = await proveIdentity<Identity>(options, {
    ...caller,
    account: principal.subject,
    session: session.id,
    verify: ({ signal }) => verifyAgain(options.identity, input, { ...caller, signal }),
  })
  if (found?.subject !== principal.subject) throw new GatewayError('ERR_PROOF_REFUSED')
  await succeeded()
  return renewSession(options, found, caller.authentication)
}

/** What is sent was checked by the schema of the one that is asked. */
function verifyAgain<SignInInput>(
  identity: IdentityVerifier<SignInInput>,
  input: unknown,
  { authentication: { principal }, signal }: SignedIn,
): Promise<Verdict> {
  const { reauthenticate } = identity
  if (reauthenticate) return reauthenticate.verify(input, { principal, signal })
  return identity.verify(input as SignInInput, { signal })
}

/** @throws {GatewayError} `ERR_SESSION_REVOKED` if it has ended meanwhile, `ERR_UNVERIFIABLE`. */
export async function renewSession(
  { sessions, revocations }: Pick<StepUpOptions<never>, 'sessions' | 'revocations'>,
  { methods, assurance, profile }: Identity,
  { session: before }: Authentication,
  { beginsAnew = false } = {},
): Promise<SteppedUp> {
  const { subject, device } = before
  const proof = {
    subject,
    methods,
    profile: profile ?? before.profile,
    ...(assurance && { assurance }),
    beginsAnew,
  }
  const renewed: StartedSession[] = []
  const change = revocations.change(async () => {
    const started = await sessions.renew(before.id, proof)
    renewed.push(started)
    return started
  })
  const receipt = assertMade(await change.catch(throwEnded))
  const [started] = renewed
  if (started === undefined) throw new GatewayError('ERR_UNVERIFIABLE')
  return { token: started.token, session: { ...started.session, device }, receipt }
}

/** It was there when the person was authenticated. */
function throwEnded(error: unknown): never {
  const isGone = error instanceof GatewayError && error.code === 'ERR_SESSION_NOT_FOUND'
  throw isGone ? new GatewayError('ERR_SESSION_REVOKED', { cause: error }) : error
}
