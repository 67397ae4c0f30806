import {
  createSessionProcedures,
  type PortcullisContext,
  type PortcullisMeta,
  withRefusalCode,
} from '@portcullis/service'
import { initTRPC } from '@trpc/server'
import { claims } from 'claims'

const t = initTRPC
  .context<PortcullisContext>()
  .meta<PortcullisMeta>()
  .create({ errorFormatter: ({ shape, error }) => withRefusalCode(shape, error) })
const { sessionProcedure, requireOrganization, requirePermission } = createSessionProcedures({
  custom: claims,
})
const memberProcedure = t.procedure.concat(sessionProcedure).concat(requireOrganization)

export const router = t.router
/** For members of the active organization who may read its orders. */
export const readProcedure = memberProcedure.concat(requirePermission('orders:read'))
/** For those who may place and cancel them. */
export const writeProcedure = memberProcedure.concat(requirePermission('orders:write'))
