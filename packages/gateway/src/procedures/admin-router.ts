import { subjectIdSchema } from '@portcullis/context'
import { z } from 'zod'
import type { ProcedureOptions } from './router.ts'
import { askStore, changeSessions } from './session-changes.ts'
import { type Ended, endedBy } from './session-router.ts'
import { type SessionView, sessionView } from './session-view.ts'
import type { GatewayTrpc } from './trpc.ts'

const subjectInput = z.object({ subject: subjectIdSchema })

/** What the installation's administrators, role `system:admin`, do with anyone's sessions. */
export function createAdminRouter(
  t: GatewayTrpc,
  { authenticator, sessions }: Pick<ProcedureOptions<never>, 'authenticator' | 'sessions'>,
) {
  return t.router({
    sessions: t.administratorProcedure
      .input(subjectInput)
      .query(async ({ ctx, input }): Promise<SessionView[]> => {
        const found = await askStore(() => sessions.list(input.subject))
        return found.map((session) => sessionView(session, ctx.authentication.session.id))
      }),

    revokeSubject: t.administratorProcedure
      .input(subjectInput)
      .mutation(async ({ input }): Promise<Ended> => {
        const cause = 'revoked-by-administrator'
        return endedBy(
          await changeSessions(authenticator, () =>
            sessions.revoke({ subject: input.subject }, { cause }),
          ),
        )
      }),
  })
}
