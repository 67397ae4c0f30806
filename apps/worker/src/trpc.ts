import {
  createSessionProcedures,
  type PortcullisContext,
  type PortcullisMeta,
  withRefusalCode,
} from '@portcullis/service'
import { initTRPC } from '@trpc/server'

/** What both services of the worker are built with. */
export const t = initTRPC
  .context<PortcullisContext>()
  .meta<PortcullisMeta>()
  .create({ errorFormatter: ({ shape, error }) => withRefusalCode(shape, error) })

export const { sessionProcedure, internalProcedure, requirePermission, requireAssurance } =
  createSessionProcedures()
