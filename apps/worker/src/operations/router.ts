import { createId } from '@portcullis/context'
import { TRPCError } from '@trpc/server'
import { z } from 'zod'
import type { Dashboard } from '../dashboard/start-dashboard.ts'
import { noReceiver, type Receivers, type ReceiverView } from '../delivery/receivers.ts'
import { requireAssurance, t } from '../trpc.ts'
import type { DeadLetter, DeadLetters } from './dead-letters.ts'
import { momentSchema } from './moment.ts'
import { operatorProcedure } from './operator-procedure.ts'
import type { Revocations, RevocationView } from './revocations.ts'
import { reasonSchema, revocationIdSchema, targetSchema } from './revoke-job.ts'

const named = z.object({ id: revocationIdSchema })
const limited = z.object({ limit: z.int().min(1).max(100).default(50) })
const newRevocation = z.object({
  /** Repeated under the same id, it is the same one. Default a new one. */
  id: revocationIdSchema.optional(),
  target: targetSchema,
  reason: reasonSchema,
  /** Default at once. */
  at: momentSchema.optional(),
})
const replayed = z.object({
  receiver: z.string().max(64),
  /** `number` of an entry of the audit trail; `0` is before the first. */
  after: z.string().regex(/^\d{1,15}$/),
})
const deadLetter = z.object({ job: z.string().max(64), id: z.string().max(200) })

/** What administrators do with work that takes longer than a request. */
export function createOperationsRouter(options: {
  revocations: Revocations
  deadLetters: DeadLetters
  receivers: Receivers | undefined
  dashboard?: Pick<Dashboard, 'open' | 'assurance'> | undefined
}) {
  const { revocations, deadLetters, receivers, dashboard } = options
  return t.router({
    revocations: t.router({
      add: operatorProcedure.input(newRevocation).mutation(async ({ ctx, input }) => {
        const { id = createId('chg'), at, ...what } = input
        await revocations.add({ id, ...what, by: ctx.principal.subject }, at)
        return revocations.get(id)
      }),
      get: operatorProcedure
        .input(named)
        .query(({ input }): Promise<RevocationView> => revocations.get(input.id)),
      list: operatorProcedure
        .input(limited.prefault({}))
        .query(({ input }) => revocations.list(input.limit)),
      reschedule: operatorProcedure
        .input(named.extend({ at: momentSchema }))
        .mutation(async ({ input }) => {
          await revocations.reschedule(input.id, input.at)
          return revocations.get(input.id)
        }),
      cancel: operatorProcedure
        .input(named)
        .mutation(async ({ input }) => ({ cancelled: await revocations.cancel(input.id) })),
    }),

    deadLetters: t.router({
      list: operatorProcedure
        .input(limited.prefault({}))
        .query(({ input }): Promise<DeadLetter[]> => deadLetters.list(input.limit)),
      retry: operatorProcedure
        .input(deadLetter)
        .mutation(({ input }) => deadLetters.retry(input.job, input.id)),
    }),

    receivers: t.router({
      list: operatorProcedure.query(
        async (): Promise<ReceiverView[]> => (await receivers?.list()) ?? [],
      ),
      replay: operatorProcedure.input(replayed).mutation(async ({ input }) => {
        if (!receivers) throw noReceiver()
        await receivers.replay(input.receiver, Number(input.after))
      }),
    }),

    dashboard: t.router({
      /** An address for one entry, within half a minute. */
      open: operatorProcedure
        .concat(requireAssurance(dashboard?.assurance ?? 'aal1'))
        .mutation(({ ctx }): { readonly url: string } => {
          if (dashboard) return { url: dashboard.open(ctx.principal) }
          throw new TRPCError({ code: 'NOT_FOUND', message: 'There is no dashboard' })
        }),
    }),
  })
}

export type OperationsRouter = ReturnType<typeof createOperationsRouter>
