import {
  type CustomClaims,
  type OrganizationId,
  organizationIdSchema,
  type Principal,
  sessionIdSchema,
} from '@portcullis/context'
import { z } from 'zod'
import { GatewayError } from '../errors.ts'
import { type ReceiptView, receiptView } from '../revocation/receipt.ts'
import { askStore } from './ask-store.ts'
import { changePassword } from './change-password.ts'
import { passwordChangeSchema } from './identity.ts'
import { assertMade, type Ended, endOwn, NOTHING_ENDED } from './own-sessions.ts'
import type { ProcedureOptions } from './router.ts'
import { type SessionEvent, sessionEvents } from './session-events.ts'
import { type SessionView, sessionView } from './session-view.ts'
import { signIn } from './sign-in.ts'
import { stepUp } from './step-up.ts'
import type { GatewayTrpc } from './trpc.ts'

const REVOKED_BY_OWNER = { reason: 'revoked-by-owner' } as const

/** What a person does with their own sessions. */
export function createSessionRouter<
  SignInInput,
  Custom extends CustomClaims = CustomClaims,
  StepUpInput = SignInInput,
>(t: GatewayTrpc, options: ProcedureOptions<SignInInput>) {
  const { claims, cookie, identity, revocations, sessions } = options

  return t.router({
    signIn: t.procedure
      .input(inputOf(identity))
      .mutation(async ({ ctx, input }): Promise<SessionView> => {
        if (!identity) throw new GatewayError('ERR_SERVICE_UNKNOWN')
        const { token, session } = await signIn({ ...options, identity }, input as SignInInput, ctx)
        ctx.head.cookie = cookie.issue(token, session.endsAt)
        return sessionView(session, session.id)
      }),

    signOut: t.procedure.mutation(async ({ ctx }): Promise<Ended> => {
      const own = ctx.authentication?.session
      const how = { reason: 'sign-out', wait: 'majority', actor: own?.subject } as const
      const ended = own ? await endOwn(revocations, { session: own.id }, how) : NOTHING_ENDED
      ctx.head.cookie = cookie.clear()
      ctx.head.isSignedOut = true
      return ended
    }),

    /** The same person proves it anew: their session has another cookie from then on, and the one before is refused. */
    reauthenticate: t.sessionProcedure
      .input(stepUpInputOf<StepUpInput, SignInInput>(identity))
      .mutation(async ({ ctx, input }): Promise<Renewed> => {
        if (!identity) throw new GatewayError('ERR_SERVICE_UNKNOWN')
        const { token, session, receipt } = await stepUp({ ...options, identity }, input, ctx)
        ctx.head.cookie = cookie.issue(token, session.endsAt)
        return { session: sessionView(session, session.id), receipt: receiptView(receipt) }
      }),

    /** Ends the person's other sessions, and gives this one another cookie. */
    changePassword: t.sessionProcedure
      .input(passwordChangeSchema)
      .mutation(async ({ ctx, input }): Promise<Changed> => {
        if (!identity?.changePassword) throw new GatewayError('ERR_SERVICE_UNKNOWN')
        const { renewed, ...ended } = await changePassword({ ...options, identity }, input, ctx)
        if (renewed) ctx.head.cookie = cookie.issue(renewed.token, renewed.session.endsAt)
        const session = renewed?.session ?? ctx.authentication.session
        return { ...ended, session: sessionView(session, session.id) }
      }),

    me: t.procedure.query(({ ctx }): Principal<Custom> | null => {
      const principal: Principal | undefined = ctx.authentication?.principal
      // The reader of claims has read them by the definition that `Custom` is the type of.
      return (principal as Principal<Custom> | undefined) ?? null
    }),

    list: t.sessionProcedure.query(async ({ ctx }): Promise<SessionView[]> => {
      const { subject, id } = ctx.authentication.session
      const found = await askStore(() => sessions.list(subject))
      return found.map((session) => sessionView(session, id))
    }),

    revoke: t.sessionProcedure
      .input(z.object({ session: sessionIdSchema }))
      .mutation(async ({ ctx, input: { session } }): Promise<Ended> => {
        const own = ctx.authentication.session
        const found = await askStore(() => sessions.list(own.subject))
        if (!found.some(({ id }) => id === session)) throw new GatewayError('ERR_SESSION_NOT_FOUND')
        const how = { ...REVOKED_BY_OWNER, actor: own.subject }
        const ended = await endOwn(revocations, { session }, how)
        if (session === own.id) {
          ctx.head.cookie = cookie.clear()
          ctx.head.isSignedOut = true
        }
        return ended
      }),

    revokeOthers: t.sessionProcedure.mutation(({ ctx }): Promise<Ended> => {
      const { subject, id: except } = ctx.authentication.session
      const how = { ...REVOKED_BY_OWNER, actor: subject }
      return endOwn(revocations, { subject, except }, how)
    }),

    switchOrganization: t.sessionProcedure
      .input(z.object({ organization: organizationIdSchema.nullable() }))
      .mutation(async ({ ctx, input: { organization } }): Promise<Switched> => {
        const { principal, session } = ctx.authentication
        if (organization !== null) {
          const { subject, claimsVersion: atLeast } = principal
          const current = await askStore(() =>
            claims.load(subject, { atLeast, signal: ctx.signal }),
          )
          if (!current || !Object.hasOwn(current.memberships, organization)) {
            throw new GatewayError('ERR_MEMBERSHIP_REQUIRED')
          }
        }
        const actor = principal.subject
        const receipt = await revocations.change(async (change) => ({
          position: await sessions.switchOrganization(session.id, organization, { actor, change }),
        }))
        return { organization, receipt: receiptView(assertMade(receipt)) }
      }),

    /** What is said of this very session from now on. Ends with `session.ended` and then UNAUTHORIZED. */
    events: t.sessionProcedure.subscription(
      ({ ctx }): AsyncGenerator<SessionEvent, void> => sessionEvents(ctx),
    ),
  })
}

/** The organization that is active now, and how far that is known to hold. */
export interface Switched {
  readonly organization: OrganizationId | null
  readonly receipt: ReceiptView
}

/** A session under its new secret, and how far it is known that the one before is refused. */
export interface Renewed {
  readonly session: SessionView
  readonly receipt: ReceiptView
}

/** The other sessions that ended, and the one that goes on. */
export interface Changed extends Ended {
  readonly session: SessionView
}

/** Input and output type are the same as far as clients are concerned: what is sent is what is checked. */
function inputOf<SignInInput>(
  identity: ProcedureOptions<SignInInput>['identity'],
): z.ZodType<SignInInput, SignInInput> {
  return (identity?.input ?? z.never()) as z.ZodType<SignInInput, SignInInput>
}

function stepUpInputOf<StepUpInput, SignInInput = unknown>(
  identity: ProcedureOptions<SignInInput>['identity'],
): z.ZodType<StepUpInput, StepUpInput> {
  const input = identity?.reauthenticate?.input ?? identity?.input ?? z.never()
  return input as z.ZodType<StepUpInput, StepUpInput>
}
