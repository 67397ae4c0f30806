import type { IdentityVerifier } from '@portcullis/gateway'
import { z } from 'zod'
import type { AccountsClient } from './accounts-client.ts'

/** What accounts takes as well. */
const signInInput = z.object({
  email: z.string().min(1).max(254),
  password: z.string().min(1).max(256),
  code: z.string().min(1).max(64).optional(),
})
export type SignInInput = z.infer<typeof signInInput>

const stepUpInput = signInInput.omit({ email: true })
export type StepUpInput = z.infer<typeof stepUpInput>

/** Sign-in with the passwords and codes that accounts keeps. */
export function createPasswordIdentity(
  accounts: AccountsClient,
): IdentityVerifier<SignInInput, StepUpInput> {
  const { internal } = accounts.accounts
  return {
    input: signInInput,
    verify: (input, { signal }) => internal.verifyPassword.mutate(input, { signal }),
    reauthenticate: {
      input: stepUpInput,
      verify: (input, { principal: { subject }, signal }) =>
        internal.confirmPassword.mutate({ ...input, subject }, { signal }),
    },
    changePassword: (input, { principal: { subject, session }, signal }) =>
      internal.changePassword.mutate({ ...input, subject, session }, { signal }),
  }
}
