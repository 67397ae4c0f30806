import type { Service } from './forward/services.ts'
import { serviceOf, type Target } from './request/target.ts'

/** Who executes a call: a service, the gateway itself, or nobody. */
export type Destination =
  | { readonly kind: 'service'; readonly service: Service }
  | { readonly kind: 'own' }
  | { readonly kind: 'unknown' }

/** Finds the destination of each call by the first segment of its path. */
export interface Routing {
  of(path: string): Destination
  /** The destination of all calls of a target; undefined if there are several. */
  single(target: Target): Destination | undefined
}

const OWN: Destination = { kind: 'own' }
const UNKNOWN: Destination = { kind: 'unknown' }

/**
 * @param ownNames First segments of the gateway's own procedures.
 * @param fallback Name of the service that gets what no other is for; without it that is answered to nobody.
 */
export function createRouting(
  services: ReadonlyMap<string, Service>,
  ownNames: ReadonlySet<string>,
  fallback?: string,
): Routing {
  // A map, not an object: the names looked up come from the client.
  const destinations = new Map<string, Destination>()
  for (const service of services.values()) {
    destinations.set(service.name, { kind: 'service', service })
  }
  for (const name of ownNames) destinations.set(name, OWN)
  const otherwise = (fallback !== undefined && destinations.get(fallback)) || UNKNOWN
  const of = (path: string) => destinations.get(serviceOf(path)) ?? otherwise
  return {
    of,
    single({ paths }) {
      const first = of(paths[0] as string)
      for (let i = 1; i < paths.length; i++) if (of(paths[i] as string) !== first) return undefined
      return first
    },
  }
}
