import { isDeepStrictEqual } from 'node:util'
import {
  createServices,
  destroyServices,
  type FallbackRoute,
  retireService,
  type Service,
  type ServiceRoute,
  type ServicesOptions,
} from './forward/services.ts'
import { createRouting, type Routing } from './routing.ts'

type Routes = Readonly<Record<string, ServiceRoute | string>>

/** Where calls go from now on. */
export interface ServicesUpdate {
  /** All services, by name; one that is left out is not served any more. */
  readonly services: Routes
  /** Gets the calls whose first segment no service has. Default: nobody does. */
  readonly fallback?: FallbackRoute | string | undefined
}

/** Names of services, by what became of them. */
export interface ServiceChanges {
  readonly added: readonly string[]
  readonly changed: readonly string[]
  readonly removed: readonly string[]
}

/** The services of a gateway and the way to them, which can be replaced while it serves. */
export interface ServiceTable extends Routing, AsyncDisposable {
  /** Those that get calls. */
  readonly services: Iterable<Service>
  /**
   * From the next request on calls go by these routes. A service whose route is the same keeps its connections. What is
   * under way at the others is finished there, for `retiredServiceMs` at least.
   *
   * @throws {TypeError} naming the service that is wrong; then nothing has changed.
   */
  update(update: ServicesUpdate): ServiceChanges
}

/** Services that have been replaced and are still finishing; of more, the oldest is closed at once. */
const MAX_RETIRED = 100

export interface ServiceTableOptions extends ServicesOptions {
  /** Learns of all services there are, at first and after each change. */
  readonly onServices?: ((services: Iterable<Service>) => void) | undefined
}

export function createServiceTable(
  initial: ServicesUpdate,
  options: ServiceTableOptions,
): ServiceTable {
  const { limits, reserved } = options
  const first = readUpdate(initial)
  let routes = first.routes
  let services: ReadonlyMap<string, Service> = createServices(routes, options)
  let routing = createRouting(services, reserved, first.fallback)
  const retired = new Map<Service, NodeJS.Timeout>()
  options.onServices?.(services.values())

  function retire(service: Service) {
    const timer = setTimeout(() => finish(service), limits.retiredServiceMs)
    retired.set(service, timer.unref())
    for (const [oldest] of retired) if (retired.size > MAX_RETIRED) finish(oldest)
  }

  function finish(service: Service) {
    clearTimeout(retired.get(service))
    retired.delete(service)
    retireService(service)
  }

  return {
    get services() {
      return services.values()
    },
    of: (path) => routing.of(path),
    single: (target) => routing.single(target),

    update(update) {
      const { routes: next, fallback } = readUpdate(update)
      const created = createServices(differing(next, routes), options)
      const isKept = (name: string) => Object.hasOwn(next, name) && !created.has(name)
      const outgoing = [...services].filter(([name]) => !isKept(name))
      const changes = changesOf(created, new Map(outgoing))
      routes = next
      services = new Map([...[...services].filter(([name]) => isKept(name)), ...created])
      routing = createRouting(services, reserved, fallback)
      options.onServices?.(services.values())
      for (const [, service] of outgoing) retire(service)
      return changes
    },

    async [Symbol.asyncDispose]() {
      for (const timer of retired.values()) clearTimeout(timer)
      await destroyServices([...services.values(), ...retired.keys()])
    },
  }
}

/** @throws {TypeError} if the fallback's name is that of a service. */
function readUpdate({ services, fallback }: ServicesUpdate): { routes: Routes; fallback?: string } {
  if (fallback === undefined) return { routes: { ...services } }
  const { name = 'fallback', ...route } =
    typeof fallback === 'string' ? { url: fallback } : fallback
  if (Object.hasOwn(services, name)) throw new TypeError(`fallback: ${name} is a service`)
  return { routes: { ...services, [name]: route }, fallback: name }
}

function differing(routes: Routes, from: Routes): Routes {
  const entries = Object.entries(routes)
  return Object.fromEntries(
    entries.filter(([name, route]) => !isDeepStrictEqual(route, from[name])),
  )
}

function changesOf(
  created: ReadonlyMap<string, Service>,
  outgoing: ReadonlyMap<string, Service>,
): ServiceChanges {
  return {
    added: [...created.keys()].filter((name) => !outgoing.has(name)),
    changed: [...created.keys()].filter((name) => outgoing.has(name)),
    removed: [...outgoing.keys()].filter((name) => !created.has(name)),
  }
}
