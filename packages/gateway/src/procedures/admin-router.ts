import { subjectIdSchema } from '@portcullis/context'
import { selectorSchema } from '@portcullis/revocation'
import { z } from 'zod'
import { GatewayError } from '../errors.ts'
import type { RevocationReceipt } from '../revocation/receipt.ts'
import type { RevocationPreview } from '../revocation/revocations.ts'
import { revokeOptionsSchema } from '../revocation/revoke-options.ts'
import { askStore } from './ask-store.ts'
import { type AuditPage, auditInput } from './audit-source.ts'
import type { ProcedureOptions } from './router.ts'
import { type SessionView, sessionView } from './session-view.ts'
import type { GatewayTrpc } from './trpc.ts'

const subjectInput = z.object({ subject: subjectIdSchema })
// Who asks is known; nobody can name another.
const revokeInput = revokeOptionsSchema.omit({ actor: true }).extend({
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
  options: Pick<ProcedureOptions<never>, 'audit' | 'auditTimeoutMs' | 'revocations' | 'sessions'>,
) {
  const { audit, revocations, sessions } = options
  return t.router({
    sessions: t.administratorProcedure
      .input(subjectInput)
      .query(async ({ ctx, input }): Promise<SessionView[]> => {
        const found = await askStore(() => sessions.list(input.subject))
        return found.map((session) => sessionView(session, ctx.authentication.session.id))
      }),

    revokeSubject: t.administratorProcedure
      .input(subjectInput)
      .mutation(async ({ ctx, input }): Promise<Revoked & { readonly ended: number }> => {
        const reason = 'revoked-by-administrator'
        const actor = ctx.authentication.session.subject
        const receipt = await revocations.revoke({ subject: input.subject }, { reason, actor })
        return { ended: receipt.ended ?? 0, receipt }
      }),

    revoke: t.administratorProcedure
      .input(revokeInput)
      .mutation(async ({ ctx, input: { selector, ...options } }): Promise<Revoked> => {
        const actor = ctx.authentication.session.subject
        const receipt = await revocations.revoke(selector, { ...options, actor })
        return { ended: receipt.ended, receipt }
      }),

    preview: t.administratorProcedure
      .input(z.object({ selector: selectorSchema }))
      .query(({ input }): Promise<RevocationPreview> => revocations.preview(input.selector)),

    /** Who revoked or changed what, when and why, with the receipt. */
    audit: t.administratorProcedure
      .input(auditInput)
      .query(async ({ ctx, input }): Promise<AuditPage> => {
        if (!audit) throw new GatewayError('ERR_SERVICE_UNKNOWN')
        const signal = AbortSignal.any([ctx.signal, AbortSignal.timeout(options.auditTimeoutMs)])
        try {
          return await audit.list(input, { signal })
        } catch (cause) {
          const isLate = signal.aborted
          throw new GatewayError(isLate ? 'ERR_SERVICE_TIMEOUT' : 'ERR_SERVICE_UNREACHABLE', {
            cause,
          })
        }
      }),
  })
}
