import { GatewayError } from '../errors.ts'
import type { OtherPasswordNeeded, PasswordChange, PasswordChanged } from './identity.ts'
import { type Ended, endOwn } from './own-sessions.ts'
import { proveIdentity } from './prove-identity.ts'
import { renewSession, type SignedIn, type SteppedUp, type StepUpOptions } from './step-up.ts'

export interface ChangedHere extends Ended {
  /** Absent while the other sessions are not known to be over for all who ask: then this one stays as it is. */
  readonly renewed: SteppedUp | undefined
}

/**
 * Changes the password, ends the person's other sessions, and gives this one a new secret. That the others are over is
 * announced together with the change itself; what is ended here is found ended sooner, and has a receipt.
 *
 * @throws {GatewayError} `ERR_PROOF_REFUSED`, `ERR_PASSWORD_REFUSED`, `ERR_SECOND_FACTOR_REQUIRED`, `ERR_THROTTLED`,
 *   `ERR_SIGN_IN_UNAVAILABLE`, `ERR_UNVERIFIABLE`.
 */
export async function changePassword<SignInInput>(
  options: StepUpOptions<SignInInput>,
  input: PasswordChange,
  caller: SignedIn,
): Promise<ChangedHere> {
  const { authentication } = caller
  const changed = await change(options, input, caller)
  const { subject, id: except } = authentication.session
  const how = { reason: 'password-changed', actor: subject } as const
  const ended = await endOwn(options.revocations, { subject, except }, how)
  // A family that begins before the announcement is in the log would end by it.
  if (!changed.announced) return { ...ended, renewed: undefined }
  const renewed = await renewSession(options, changed, authentication, { beginsAnew: true })
  return { ...ended, renewed }
}

async function change<SignInInput>(
  options: StepUpOptions<SignInInput>,
  input: PasswordChange,
  caller: SignedIn,
): Promise<PasswordChanged> {
  const { identity } = options
  const { principal, session } = caller.authentication
  const { found, succeeded } = await proveIdentity<PasswordChanged | OtherPasswordNeeded>(options, {
    ...caller,
    account: principal.subject,
    session: session.id,
    verify: async ({ signal }) =>
      (await identity.changePassword?.(input, { principal, signal })) ?? null,
  })
  if (found === null) throw new GatewayError('ERR_PROOF_REFUSED')
  if ('needs' in found) throw new GatewayError('ERR_PASSWORD_REFUSED')
  if (found.subject !== principal.subject) throw new GatewayError('ERR_PROOF_REFUSED')
  await succeeded()
  return found
}
