import { organizationIdSchema, type Principal, sessionIdSchema } from '@portcullis/context'
import { z } from 'zod'
import { GatewayError } from '../errors.ts'
import type { ProcedureOptions } from './router.ts'
import { askStore, changeSessions } from './session-changes.ts'
import { type SessionView, sessionView } from './session-view.ts'
import { signIn } from './sign-in.ts'
import type { GatewayTrpc } from './trpc.ts'

/** What a person does with their own sessions. */
export function createSessionRouter<SignInInput>(
  t: GatewayTrpc,
  options: ProcedureOptions<SignInInput>,
) {
  const { authenticator, claims, cookie, identity, sessions, throttle } = options

  return t.router({
    signIn: t.procedure
      .input(inputOf(identity))
      .mutation(async ({ ctx, input }): Promise<SessionView> => {
        if (!identity) throw new GatewayError('ERR_SERVICE_UNKNOWN')
        const access = { identity, sessions, authenticator, throttle }
        const { token, session } = await signIn(access, input as SignInInput, ctx)
        ctx.head.cookie = cookie.issue(token, session.endsAt)
        return sessionView(session, session.id)
      }),

    signOut: t.procedure.mutation(async ({ ctx }): Promise<Ended> => {
      const id = ctx.authentication?.session.id
      const cause = 'sign-out'
      const ended =
        id === undefined
          ? { ended: 0 }
          : await changeSessions(authenticator, () => sessions.revoke({ session: id }, { cause }))
      ctx.head.cookie = cookie.clear()
      return endedBy(ended)
    }),

    me: t.procedure.query(({ ctx }): Principal | null => ctx.authentication?.principal ?? null),

    list: t.sessionProcedure.query(async ({ ctx }): Promise<SessionView[]> => {
      const { subject, id } = ctx.authentication.session
      const found = await askStore(() => sessions.list(subject))
      return found.map((session) => sessionView(session, id))
    }),

    revoke: t.sessionProcedure
      .input(z.object({ session: sessionIdSchema }))
      .mutation(async ({ ctx, input }): Promise<Ended> => {
        const own = ctx.authentication.session
        const found = await askStore(() => sessions.list(own.subject))
        if (!found.some(({ id }) => id === input.session)) {
          throw new GatewayError('ERR_SESSION_NOT_FOUND')
        }
        const cause = 'revoked-by-owner'
        const ended = await changeSessions(authenticator, () =>
          sessions.revoke({ session: input.session }, { cause }),
        )
        if (input.session === own.id) ctx.head.cookie = cookie.clear()
        return endedBy(ended)
      }),

    revokeOthers: t.sessionProcedure.mutation(async ({ ctx }): Promise<Ended> => {
      const { subject, id: except } = ctx.authentication.session
      const cause = 'revoked-by-owner'
      return endedBy(
        await changeSessions(authenticator, () => sessions.revoke({ subject, except }, { cause })),
      )
    }),

    switchOrganization: t.sessionProcedure
      .input(z.object({ organization: organizationIdSchema.nullable() }))
      .mutation(async ({ ctx, input: { organization } }) => {
        const { principal, session } = ctx.authentication
        if (organization !== null) {
          const current = await askStore(() =>
            claims.load(principal.subject, {
              atLeast: principal.claimsVersion,
              signal: ctx.signal,
            }),
          )
          if (!current || !Object.hasOwn(current.memberships, organization)) {
            throw new GatewayError('ERR_MEMBERSHIP_REQUIRED')
          }
        }
        await changeSessions(authenticator, async () => ({
          position: await sessions.switchOrganization(session.id, organization),
        }))
        return { organization }
      }),
  })
}

export interface Ended {
  /** Sessions that this call ended; 0 if they already were. */
  readonly ended: number
}

export function endedBy({ ended }: { readonly ended: number | null }): Ended {
  return { ended: ended ?? 0 }
}

/** Input and output type are the same as far as clients are concerned: what is sent is what is checked. */
function inputOf<SignInInput>(
  identity: ProcedureOptions<SignInInput>['identity'],
): z.ZodType<SignInInput, SignInInput> {
  return (identity?.input ?? z.never()) as z.ZodType<SignInInput, SignInInput>
}
