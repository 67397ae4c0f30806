import type { IdentityVerifier } from '@portcullis/gateway'
import { z } from 'zod'
import type { AccountsClient } from './accounts-client.ts'

/** What accounts takes as well. */
const signInInput = z.object({
  email: z.string().min(1).max(254),
  password: z.string().min(1).max(256),
})
export type SignInInput = z.infer<typeof signInInput>

/** Sign-in with the passwords that accounts keeps. */
export function createPasswordIdentity(accounts: AccountsClient): IdentityVerifier<SignInInput> {
  return {
    input: signInInput,
    verify: (input, { signal }) =>
      accounts.accounts.internal.verifyPassword.mutate(input, { signal }),
  }
}
