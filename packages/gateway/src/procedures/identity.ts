import type {
  AssuranceLevel,
  AuthenticationMethod,
  OrganizationId,
  SubjectId,
} from '@portcullis/context'
import type { z } from 'zod'

/** Who somebody turned out to be, and how that was found. */
export interface Identity {
  readonly subject: SubjectId
  readonly methods: readonly AuthenticationMethod[]
  /** Default `aal1`. */
  readonly assurance?: AssuranceLevel
  /** Whose timeouts the session has: `aal1` for who asked to be remembered. Default the gateway's `sessionProfile`. */
  readonly profile?: AssuranceLevel
  /** The organization that is active at first. Whether the subject is a member is for the verifier to know. */
  readonly organization?: OrganizationId | null
}

/** How people prove who they are: a team's own login behind `session.signIn`. */
export interface IdentityVerifier<SignInInput> {
  /** What `session.signIn` takes. */
  readonly input: z.ZodType<SignInInput>
  /** Null for every reason to refuse, so that probing tells nothing. Rejects if it cannot tell at the moment. */
  verify(input: SignInInput, options: { readonly signal: AbortSignal }): Promise<Identity | null>
  /**
   * Names the account that an input is about, for throttling. Default: the input's `email`, `username`, `login`, `phone`
   * or `account`, whichever is a string first.
   */
  account?(input: SignInInput): string | undefined
}
