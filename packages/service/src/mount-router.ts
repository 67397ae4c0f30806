import { type AnyTRPCRouter, initTRPC, type TRPCError } from '@trpc/server'
import { withRefusalCode } from './error-shape.ts'

/**
 * The router under the service's name, with its own transformer, streams and error format. Refusals carry their reason
 * whatever that format is. Of an error that nobody meant to send, clients see neither message nor stack.
 */
export function mountRouter(name: string, router: AnyTRPCRouter): AnyTRPCRouter {
  const { $types: _types, errorFormatter, ...config } = router._def._config
  const t = initTRPC.create({
    ...config,
    isDev: false,
    errorFormatter(options) {
      const { error, shape } = options
      const message = isUnexpected(error) ? 'Internal server error' : shape.message
      const own = errorFormatter({ ...options, shape: { ...shape, message } })
      return withRefusalCode(own, error)
    },
  })
  return t.router({ [name]: router })
}

/** tRPC wraps what is no `TRPCError` into one that repeats its message. */
export function isUnexpected({ code, cause, message }: TRPCError): boolean {
  return code === 'INTERNAL_SERVER_ERROR' && cause !== undefined && message === cause.message
}
