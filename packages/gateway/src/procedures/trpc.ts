import { type AssuranceLevel, isAssured } from '@portcullis/context'
import { initTRPC, TRPCError } from '@trpc/server'
import type { GatewayErrorShape } from '../compose-routers.ts'
import { GatewayError, toGatewayError } from '../errors.ts'
import { codecOf, type Transformer } from '../respond/envelope.ts'
import { errorShape } from '../respond/error-shape.ts'
import type { Caller } from './caller.ts'

const plain = codecOf('none')

/** `plain`: they go into the transformer's envelope together with those of the services. `wrapped`: they are in it. */
export type OutputForm = 'plain' | 'wrapped'

/** Between two pings of a subscription, in milliseconds. */
const PING_INTERVAL_MS = 15_000
/** A client that hears nothing for so long comes back, in milliseconds. */
const RECONNECT_AFTER_MS = 3 * PING_INTERVAL_MS

/** The gateway's own tRPC. Inputs are read with the shared transformer. */
export function createTrpc(
  transformer: Transformer,
  outputs: OutputForm,
  adminAssurance: AssuranceLevel,
) {
  const shared = codecOf(transformer)
  const t = initTRPC.context<Caller>().create({
    isDev: false,
    transformer: { input: shared, output: outputs === 'wrapped' ? shared : plain },
    sse: {
      ping: { enabled: true, intervalMs: PING_INTERVAL_MS },
      client: { reconnectAfterInactivityMs: RECONNECT_AFTER_MS },
    },
    errorFormatter({ error, shape, path, ctx }): GatewayErrorShape {
      if (error.cause instanceof GatewayError) return errorShape(error.cause, path, ctx?.requestId)
      if (error.code !== 'INTERNAL_SERVER_ERROR') return shape
      return errorShape(toGatewayError(error.cause), path, ctx?.requestId)
    },
  })

  // A thrown GatewayError gets its tRPC code here, so that procedures need not know of tRPC's errors.
  const procedure = t.procedure.use(async ({ next, ctx }) => {
    const result = await next()
    if (result.ok || !(result.error.cause instanceof GatewayError)) return result
    const cause = result.error.cause
    ctx.head.retryAfterSeconds = cause.retryAfterSeconds
    throw new TRPCError({ code: cause.kind.trpc, message: cause.message, cause })
  })

  const sessionProcedure = procedure.use(({ ctx, next }) => {
    const { authentication } = ctx
    if (authentication === undefined) throw new GatewayError('ERR_SESSION_REQUIRED')
    if (!authentication.isCurrent()) throw new GatewayError('ERR_UNVERIFIABLE')
    return next({ ctx: { authentication } })
  })

  const administratorProcedure = sessionProcedure.use(({ ctx, next }) => {
    const { roles, assurance } = ctx.authentication.principal
    if (!roles.includes('system:admin')) throw new GatewayError('ERR_ROLE_REQUIRED')
    if (!isAssured(assurance, adminAssurance)) {
      throw new GatewayError('ERR_ASSURANCE_REQUIRED', { assurance: adminAssurance })
    }
    return next()
  })

  return { router: t.router, procedure, sessionProcedure, administratorProcedure }
}

export type GatewayTrpc = ReturnType<typeof createTrpc>
