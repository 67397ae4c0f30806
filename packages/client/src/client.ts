import { createTRPCClient, type TRPCClient } from '@trpc/client'
import type { AnyTRPCRouter } from '@trpc/server'
import { createPortcullisLinks } from './links.ts'
import type { PortcullisClientOptions } from './options.ts'

/**
 * A typed client of the gateway: `createPortcullisClient<AppRouter>({ url: '/' })`. It is an ordinary tRPC client, so
 * whatever takes one takes it, `createTRPCOptionsProxy` of `@trpc/tanstack-react-query` included.
 *
 * @throws {TypeError} that names an option out of range.
 */
export function createPortcullisClient<Router extends AnyTRPCRouter>(
  options: PortcullisClientOptions<Router>,
): TRPCClient<Router> {
  return createTRPCClient<Router>({ links: createPortcullisLinks<Router>(options) })
}
