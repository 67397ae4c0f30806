import type { Database } from '../database/database.ts'
import { internalProcedure, t } from '../trpc.ts'
import { auditQuerySchema } from './entry.ts'
import { readTrail } from './read-trail.ts'

/** A gateway asks, which knows that it does so for an administrator. */
const gatewayProcedure = t.procedure.concat(internalProcedure).meta({ internal: ['gateway'] })

/** The audit trail for gateways; `admin.audit` is how people get at it. */
export function createAuditRouter(database: Database) {
  return t.router({
    list: gatewayProcedure.input(auditQuerySchema).query(({ input }) => readTrail(database, input)),
  })
}

export type AuditRouter = ReturnType<typeof createAuditRouter>
