import type { Logger } from '@portcullis/runtime'
import { z } from 'zod'
import type { GatewayLimits } from '../limits.ts'
import { createRequestLimits, type RequestLimits } from './request-limits.ts'
import { type ServiceLimits, serviceLimitsSchema } from './service-limits.ts'
import { type Resolve, resolveBySystem } from './upstream/addresses.ts'
import { Gate } from './upstream/gate.ts'
import { createCallLane, createStreamLane, type Lane } from './upstream/lane.ts'
import { Upstream } from './upstream/upstream.ts'

/** Where a service is and what it gets beside the signed context. */
export interface ServiceRoute {
  /**
   * Base URL, `http://orders:4002`, or several of servers that are the same; a path in it is put before every procedure
   * path and must then be that of all. A host name with several addresses counts as so many servers.
   */
  url: string | readonly string[]
  /** Path that answers 2xx as long as a server should get requests, `/readyz`. Default: none is asked. */
  readyPath?: string
  /**
   * Also send `x-user-id`, `x-user-roles` and `x-org-id`, unsigned, for a service that cannot verify the context.
   * `{ email: true }` adds `x-user-email` if the custom claims carry `email`. Such a service must be reachable from the
   * gateway alone. Default false.
   */
  identityHeaders?: boolean | { email: boolean }
  /** Instead of the gateway's. */
  limits?: ServiceLimits
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
  readonly requestLimits: RequestLimits
  readonly identityHeaders: { readonly email: boolean } | undefined
  /** For queries and mutations. */
  readonly pool: Lane
  /** For streams. */
  readonly streams: Lane
}

const httpUrl = z.url({ protocol: /^https?$/ })
export const routeSchema = z.strictObject({
  url: z.union([httpUrl, z.array(httpUrl).min(1).max(64)]),
  readyPath: z
    .string()
    .regex(/^\/[\w./~-]*$/)
    .optional(),
  identityHeaders: z.union([z.boolean(), z.strictObject({ email: z.boolean() })]).default(false),
  limits: serviceLimitsSchema.default({}),
})
export const SERVICE_NAME = /^[A-Za-z][\w-]{0,63}$/

export interface ServicesOptions {
  readonly limits: GatewayLimits
  /** Names of the gateway's own procedures. */
  readonly reserved: ReadonlySet<string>
  readonly logger: Logger
  /** Default: the operating system's. */
  readonly resolve?: Resolve
}

/** @throws {TypeError} naming the service whose name or route is wrong, or taken by the gateway's own procedures. */
export function createServices(
  routes: Readonly<Record<string, ServiceRoute | string>>,
  options: ServicesOptions,
): Map<string, Service> {
  // All are looked at before the first is built: what is built has timers and connections.
  const checked = Object.entries(routes).map(([name, route]) => {
    if (!SERVICE_NAME.test(name) || options.reserved.has(name)) {
      throw new TypeError(`services.${name}: not a usable service name`)
    }
    return [name, checkRoute(name, route, options.limits)] as const
  })
  return new Map(checked.map(([name, route]) => [name, createService(name, route, options)]))
}

/** Closes every connection; what is still in flight fails. */
export async function destroyServices(services: Iterable<Service>): Promise<void> {
  await Promise.all([...services].map(({ pool }) => pool.upstream.destroy()))
}

/** Lets queries and mutations come to their end, and ends streams, which have none: their clients open them again. */
export function retireService({ pool }: Service): void {
  pool.upstream.retire()
}

interface CheckedRoute extends Omit<z.output<typeof routeSchema>, 'url'> {
  readonly origins: readonly string[]
  readonly basePath: string
  readonly requestLimits: RequestLimits
}

function checkRoute(
  name: string,
  route: ServiceRoute | string,
  gateway: GatewayLimits,
): CheckedRoute {
  const parsed = routeSchema.safeParse(typeof route === 'string' ? { url: route } : route)
  if (!parsed.success) throw new TypeError(`services.${name}: ${z.prettifyError(parsed.error)}`)
  const urls = [parsed.data.url].flat().map((url) => new URL(url))
  const basePaths = new Set(urls.map(({ pathname }) => pathname.replace(/\/+$/, '')))
  const origins = [...new Set(urls.map(({ origin }) => origin))]
  const [basePath = '', ...others] = basePaths
  if (others.length > 0) throw new TypeError(`services.${name}: its URLs differ in their paths`)
  return {
    ...parsed.data,
    origins,
    basePath,
    requestLimits: requestLimitsOf(name, parsed.data.limits, gateway),
  }
}

function requestLimitsOf(name: string, own: ServiceLimits, gateway: GatewayLimits): RequestLimits {
  try {
    return createRequestLimits(own, gateway)
  } catch (error) {
    throw error instanceof TypeError ? new TypeError(`services.${name}.${error.message}`) : error
  }
}

function createService(name: string, route: CheckedRoute, options: ServicesOptions): Service {
  const { origins, basePath, readyPath, identityHeaders, requestLimits } = route
  const { resolve = resolveBySystem, logger } = options
  const limits = { ...options.limits, ...route.limits }
  const upstream = new Upstream({ name, origins, basePath, readyPath, limits, resolve, logger })
  return {
    name,
    basePath,
    bodyLimitBytes: limits.bodyBytes,
    requestLimits,
    identityHeaders: identityHeadersOf(identityHeaders),
    pool: createCallLane(upstream, new Gate(limits)),
    streams: createStreamLane(upstream),
  }
}

function identityHeadersOf(option: boolean | { email: boolean }): Service['identityHeaders'] {
  if (option === false) return undefined
  return option === true ? { email: false } : option
}
