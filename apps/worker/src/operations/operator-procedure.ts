import { JobError } from '@portcullis/jobs'
import { TRPCError } from '@trpc/server'
import { requirePermission, sessionProcedure, t } from '../trpc.ts'

/** Of who may end anybody's sessions. */
export const OPERATOR = 'sessions:revoke'

const procedure = t.procedure.use(async ({ next }) => {
  const result = await next()
  const isAway = !result.ok && codeOf(result.error.cause) === 'ERR_QUEUE_UNAVAILABLE'
  if (!isAway) return result
  const message = 'The queues cannot be reached at the moment'
  throw new TRPCError({ code: 'SERVICE_UNAVAILABLE', message, cause: result.error.cause })
})

/** Whoever may end anybody's sessions. Asks for the strictest freshness: what is done here is done for good. */
export const operatorProcedure = procedure
  .concat(sessionProcedure)
  .concat(requirePermission(OPERATOR))
  .meta({ freshness: 'strict' })

function codeOf(error: unknown): string | undefined {
  return error instanceof JobError ? error.code : undefined
}
