import type { AnyTRPCRouter } from '@trpc/server'
import type { CallInfo } from './internal-calls.ts'

/**
 * How recent the proof must be that nothing was revoked unheard, for a procedure's `.meta({ freshness })`.
 *
 * - `lease` (default) the instance has a lease: within its length and a little a revocation is known here.
 * - `strict` the proof was asked for after the request arrived, which costs a round trip to Redis that requests share.
 * - `{ relaxedMs }` the lease may have ended so many milliseconds ago. Everyone who revokes then waits for that long.
 */
export type Freshness = 'strict' | 'lease' | { readonly relaxedMs: number }

/** How many milliseconds beyond the lease are accepted; STRICT stands for a proof of one's own. Lower is stricter. */
export type Allowance = number

export const STRICT: Allowance = -1
export const LEASE: Allowance = 0

/** What a request is held to: the strictest of its calls. A value that is none counts as strict. */
export function allowanceOf({ calls }: CallInfo): Allowance {
  let strictest = Number.POSITIVE_INFINITY
  for (const { procedure } of calls) {
    const allowance = readAllowance(procedure?._def.meta) ?? STRICT
    if (allowance < strictest) strictest = allowance
  }
  return strictest === Number.POSITIVE_INFINITY ? LEASE : strictest
}

/**
 * The longest `relaxedMs` of a router's procedures, 0 if none is relaxed: for `longestRelaxedMs` of `createFollower`, so
 * that whoever revokes waits for as long. What is loaded lazily is not seen, and gets no more than the follower allows.
 *
 * @throws {TypeError} when a procedure's `freshness` is none; names the procedure.
 */
export function longestRelaxedMsOf(router: AnyTRPCRouter): number {
  return findMostRelaxed(router).relaxedMs
}

/** @throws {TypeError} */
export function findMostRelaxed(router: AnyTRPCRouter): { path: string; relaxedMs: number } {
  let most = { path: '', relaxedMs: 0 }
  for (const [path, procedure] of Object.entries(proceduresOf(router))) {
    const relaxedMs = readAllowance(procedure._def.meta)
    if (relaxedMs === undefined)
      throw new TypeError(`\`freshness\` of ${path} must be 'strict', 'lease' or { relaxedMs }`)
    if (relaxedMs > most.relaxedMs) most = { path, relaxedMs }
  }
  return most
}

type Procedures = Readonly<Record<string, { readonly _def: { readonly meta?: unknown } }>>

function proceduresOf(router: AnyTRPCRouter): Procedures {
  return router._def.procedures
}

/** Undefined for what is no freshness. */
function readAllowance(meta: unknown): Allowance | undefined {
  if (typeof meta !== 'object' || meta === null || !('freshness' in meta)) return LEASE
  const { freshness } = meta
  if (freshness === undefined || freshness === 'lease') return LEASE
  if (freshness === 'strict') return STRICT
  if (typeof freshness !== 'object' || freshness === null || !('relaxedMs' in freshness)) return
  const { relaxedMs } = freshness
  return typeof relaxedMs === 'number' && Number.isSafeInteger(relaxedMs) && relaxedMs >= 0
    ? relaxedMs
    : undefined
}
