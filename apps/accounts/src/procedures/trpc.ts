import {
  createSessionProcedures,
  type PortcullisContext,
  type PortcullisMeta,
  withRefusalCode,
} from '@portcullis/service'
import { initTRPC } from '@trpc/server'
import { toTrpcError, withAccountsCode } from './error-table.ts'

const t = initTRPC
  .context<PortcullisContext>()
  .meta<PortcullisMeta>()
  .create({
    errorFormatter: ({ shape, error }) => withAccountsCode(withRefusalCode(shape, error), error),
  })

const {
  sessionProcedure,
  requireAssurance,
  requireOrganization,
  requirePermission,
  requireRecentSignIn,
  internalProcedure,
} = createSessionProcedures()

/** For how long a proof of identity is good for a change of how it is proved, in seconds. */
const RECENT_SECONDS = 600

export const { router } = t

const procedure = t.procedure.use(async ({ next }) => {
  const result = await next()
  if (result.ok || result.error.code !== 'INTERNAL_SERVER_ERROR') return result
  throw toTrpcError(result.error.cause)
})

/** Somebody is signed in. */
export const personProcedure = procedure.concat(sessionProcedure)

/** Somebody who has just proved who they are. */
export const recentProcedure = personProcedure.concat(
  requireRecentSignIn({ maxAgeSeconds: RECENT_SECONDS }),
)

/** The same, with a second factor. */
export const strongProcedure = recentProcedure.concat(requireAssurance('aal2'))

/** Somebody who manages the members of the active organization, as far as the context knows. */
export const managerProcedure = personProcedure
  .concat(requireOrganization)
  .concat(requirePermission('members:manage'))

/** Somebody who manages what the roles of the active organization permit. */
export const roleManagerProcedure = personProcedure
  .concat(requireOrganization)
  .concat(requirePermission('roles:manage'))

/** An administrator of the installation. Asks for the strictest freshness: what is changed here is changed for good. */
export const administratorProcedure = personProcedure
  .concat(requirePermission('accounts:manage'))
  .meta({ freshness: 'strict' })

/** The gateway asks, for itself and not for a person. */
export const gatewayProcedure = procedure.concat(internalProcedure).meta({ internal: ['gateway'] })

/** The worker asks. */
export const workerProcedure = procedure.concat(internalProcedure).meta({ internal: ['worker'] })
