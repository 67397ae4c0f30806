import type {
  AssuranceLevel,
  AuthenticationMethod,
  OrganizationId,
  Principal,
  SubjectId,
} from '@portcullis/context'
import { z } from 'zod'

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

/** What was proved is right, and not enough: the account has a second factor, and none was given. */
export interface SecondFactorNeeded {
  readonly needs: 'second-factor'
}

/** What becomes of an attempt; null for every reason to refuse, so that probing tells nothing. */
export type Verdict = Identity | SecondFactorNeeded | null

interface VerifyOptions {
  /** Aborts when the client leaves, or it takes too long. */
  readonly signal: AbortSignal
}

/** How a person who is signed in proves it anew, where that differs from signing in. */
export interface Reauthentication<StepUpInput> {
  /** What `session.reauthenticate` takes. */
  readonly input: z.ZodType<StepUpInput>
  /** Rejects if it cannot tell at the moment. Whoever is found has to be the subject that is signed in. */
  verify(
    input: StepUpInput,
    options: VerifyOptions & { readonly principal: Principal },
  ): Promise<Verdict>
}

/** What `session.changePassword` takes. */
export const passwordChangeSchema = z.object({
  password: z.string().min(1).max(1_024),
  newPassword: z.string().min(1).max(1_024),
  /** Of the second factor, if there is one. */
  code: z.string().min(1).max(64).optional(),
})
export type PasswordChange = z.infer<typeof passwordChangeSchema>

/** Who changed it, proved by the password before. */
export interface PasswordChanged extends Identity {
  /**
   * Whether it is announced that the person's sessions have ended but for the one in which it was changed, see
   * `ClaimsChange.endsSessions`; if not, that one keeps its secret.
   */
  readonly announced: boolean
}

/** The new password is none that is taken. */
export interface OtherPasswordNeeded {
  readonly needs: 'other-password'
}

/** How people prove who they are: a team's own login behind `session.signIn`. */
export interface IdentityVerifier<SignInInput, StepUpInput = unknown> {
  /** What `session.signIn` takes. */
  readonly input: z.ZodType<SignInInput>
  /** Rejects if it cannot tell at the moment. */
  verify(input: SignInInput, options: VerifyOptions): Promise<Verdict>
  /**
   * Names the account that an input is about, for throttling. Default: the input's `email`, `username`, `login`, `phone`
   * or `account`, whichever is a string first.
   */
  account?(input: SignInInput): string | undefined
  /** Default: `session.reauthenticate` takes what `session.signIn` takes, and asks `verify`. */
  readonly reauthenticate?: Reauthentication<StepUpInput>
  /**
   * Sets a new password for who is signed in and knows the one before. Without it `session.changePassword` does not exist.
   * Null for every reason to refuse the proof. Rejects if it cannot tell at the moment.
   */
  changePassword?(
    input: PasswordChange,
    options: VerifyOptions & { readonly principal: Principal },
  ): Promise<PasswordChanged | SecondFactorNeeded | OtherPasswordNeeded | null>
}
