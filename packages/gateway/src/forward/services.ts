import { type Dispatcher, Pool } from 'undici'
import { z } from 'zod'
import type { GatewayLimits } from '../limits.ts'

/** Where a service is and what it gets beside the signed context. */
export interface ServiceRoute {
  /** Base URL, `http://orders:4002`; a path in it is put before every procedure path. */
  url: string
  /**
   * Also send `x-user-id`, `x-user-roles` and `x-org-id`, unsigned, for a service that cannot verify the context.
   * `{ email: true }` adds `x-user-email` if the custom claims carry `email`. Such a service must be reachable from the
   * gateway alone. Default false.
   */
  identityHeaders?: boolean | { email: boolean }
  /** Instead of `limits.bodyBytes`, bytes. */
  bodyLimitBytes?: number
}

/** A service for everything that no other is for: a server that a team has, before it is split. */
export interface FallbackRoute extends ServiceRoute {
  /** The audience of the contexts it gets. Default `fallback`. */
  name?: string
}

/** A service behind the gateway, with its connections. */
export interface Service {
  readonly name: string
  /** Put before each target: empty, or a path without a slash at its end. */
  readonly basePath: string
  readonly bodyLimitBytes: number
  readonly identityHeaders: { readonly email: boolean } | undefined
  /** For queries and mutations; a bounded number of connections. */
  readonly pool: Dispatcher
  /** For streams, each with a connection of its own, so that open subscriptions never hold up a query. */
  readonly streams: Dispatcher
}

const routeSchema = z.strictObject({
  url: z.url({ protocol: /^https?$/ }),
  identityHeaders: z.union([z.boolean(), z.strictObject({ email: z.boolean() })]).default(false),
  bodyLimitBytes: z.int().positive().optional(),
})
const NAME = /^[A-Za-z][\w-]{0,63}$/

/** @throws {TypeError} naming the service whose name or route is wrong, or taken by the gateway's own procedures. */
export function createServices(
  routes: Readonly<Record<string, ServiceRoute | string>>,
  limits: GatewayLimits,
  reserved: ReadonlySet<string>,
): Map<string, Service> {
  const services = new Map<string, Service>()
  for (const [name, route] of Object.entries(routes)) {
    if (!NAME.test(name) || reserved.has(name)) {
      throw new TypeError(`services.${name}: not a usable service name`)
    }
    services.set(name, createService(name, route, limits))
  }
  return services
}

/** Closes every connection; what is still in flight fails. */
export async function destroyServices(services: Iterable<Service>): Promise<void> {
  const pools = [...services].flatMap(({ pool, streams }) => [pool, streams])
  await Promise.all(pools.map((pool) => pool.destroy()))
}

/** Lets queries and mutations come to their end, and ends streams, which have none: their clients open them again. */
export function retireService({ pool, streams }: Service): void {
  // Both reject only if they are closed already.
  pool.close().catch(() => {})
  streams.destroy().catch(() => {})
}

function createService(name: string, route: ServiceRoute | string, limits: GatewayLimits): Service {
  const parsed = routeSchema.safeParse(typeof route === 'string' ? { url: route } : route)
  if (!parsed.success) throw new TypeError(`services.${name}: ${z.prettifyError(parsed.error)}`)
  const { url, identityHeaders, bodyLimitBytes } = parsed.data
  const { origin, pathname } = new URL(url)
  return {
    name,
    basePath: pathname.replace(/\/+$/, ''),
    bodyLimitBytes: bodyLimitBytes ?? limits.bodyBytes,
    identityHeaders: identityHeadersOf(identityHeaders),
    pool: createPool(origin, limits, {
      connections: limits.serviceConnections,
      bodyTimeout: limits.upstreamIdleTimeoutMs,
    }),
    streams: createPool(origin, limits, {
      connections: null,
      bodyTimeout: limits.streamIdleTimeoutMs,
    }),
  }
}

function createPool(origin: string, limits: GatewayLimits, options: Pool.Options): Pool {
  return new Pool(origin, {
    pipelining: 1,
    allowH2: false,
    headersTimeout: limits.upstreamTimeoutMs,
    connect: { timeout: limits.connectTimeoutMs },
    // Below the 5 s after which a Node server closes an idle connection, or both would use it at the same moment.
    keepAliveTimeout: 4_000,
    ...options,
  })
}

function identityHeadersOf(option: boolean | { email: boolean }): Service['identityHeaders'] {
  if (option === false) return undefined
  return option === true ? { email: false } : option
}
