import { subjectIdSchema } from '@portcullis/context'
import { selectorSchema } from '@portcullis/revocation'
import { z } from 'zod'
import type { RevocationReceipt } from '../revocation/receipt.ts'
import type { RevocationPreview } from '../revocation/revocations.ts'
import { revokeOptionsSchema } from '../revocation/revoke-options.ts'
import { askStore } from './ask-store.ts'
import type { ProcedureOptions } from './router.ts'
import { type SessionView, sessionView } from './session-view.ts'
import type { GatewayTrpc } from './trpc.ts'

const subjectInput = z.object({ subject: subjectIdSchema })
const revokeInput = revokeOptionsSchema.extend({
  selector: selectorSchema,
  reason: revokeOptionsSchema.shape.reason.default('revoked-by-administrator'),
})

/** What an administrator's revocation did. */
export interface Revoked {
  /** Sessions that this call ended; null where they are not counted. */
  readonly ended: number | null
  readonly receipt: RevocationReceipt
}

/** What the installation's administrators, role `system:admin`, do with anyone's sessions. */
export function createAdminRouter(
  t: GatewayTrpc,
  { revocations, sessions }: Pick<ProcedureOptions<never>, 'revocations' | 'sessions'>,
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
      .mutation(async ({ input }): Promise<Revoked & { readonly ended: number }> => {
        const reason = 'revoked-by-administrator'
        const receipt = await revocations.revoke({ subject: input.subject }, { reason })
        return { ended: receipt.ended ?? 0, receipt }
      }),

    revoke: t.administratorProcedure
      .input(revokeInput)
      .mutation(async ({ input: { selector, ...options } }): Promise<Revoked> => {
        const receipt = await revocations.revoke(selector, options)
        return { ended: receipt.ended, receipt }
      }),

    preview: t.administratorProcedure
      .input(z.object({ selector: selectorSchema }))
      .query(({ input }): Promise<RevocationPreview> => revocations.preview(input.selector)),
  })
}
