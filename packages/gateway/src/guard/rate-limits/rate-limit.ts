import { z } from 'zod'

/** How many calls somebody may make in a while. */
export interface RateLimit {
  /** In `RateLimit` headers and in the keys of its counters: lower-case letters, digits and hyphens. */
  readonly name: string
  /** Which calls count: paths, `orders.create`, or all below one, `orders.*`. Default `*`, every call. */
  readonly calls?: string | readonly string[]
  /**
   * Whose calls are counted together: those from one address, of one session, or of one person. Calls without a session
   * are counted by address under either, so that nobody escapes a limit by signing out.
   */
  readonly by: 'address' | 'session' | 'subject'
  /** Calls in a window. */
  readonly limit: number
  /** A window begins with its first call. */
  readonly windowSeconds: number
  /**
   * `gateway`: each gateway counts alone. `installation`: they tell each other through Redis, in twentieths of the limit;
   * together they let at most a twentieth each through beyond it, and with Redis away each holds the limit alone.
   * Default `gateway`.
   */
  readonly scope?: 'gateway' | 'installation'
}

/** A limit that was checked, with every default in place. */
export interface CheckedLimit extends Required<RateLimit> {
  readonly calls: readonly string[]
}

const SEGMENTS = '[\\w$~-]+(?:\\.[\\w$~-]+)*'
const pattern = z.string().regex(new RegExp(`^(?:\\*|${SEGMENTS}(?:\\.\\*)?)$`))

const limitSchema = z.strictObject({
  name: z.string().regex(/^[a-z][a-z\d-]{0,31}$/),
  calls: z
    .union([pattern.transform((one) => [one]), z.array(pattern).min(1).max(100)])
    .default(['*']),
  by: z.enum(['address', 'session', 'subject']),
  limit: z.int().positive().max(1_000_000_000),
  windowSeconds: z.int().positive().max(86_400),
  scope: z.enum(['gateway', 'installation']).default('gateway'),
})

/** Further limits would each be looked at for every request. */
const MAX_LIMITS = 50

/** What `rateLimits` has to be. */
export const rateLimitsSchema = z
  .array(limitSchema)
  .max(MAX_LIMITS)
  .refine((limits) => new Set(limits.map(({ name }) => name)).size === limits.length, {
    error: 'two limits have one name',
  })

/** @throws {TypeError} naming what is wrong with a limit, or two of one name. */
export function checkRateLimits(limits: readonly RateLimit[] = []): readonly CheckedLimit[] {
  const parsed = rateLimitsSchema.safeParse(limits)
  if (!parsed.success) throw new TypeError(`rateLimits: ${z.prettifyError(parsed.error)}`)
  return parsed.data
}

/** Whether calls of a path count, by a pattern of {@link RateLimit.calls}. */
export function isMatch(pattern: string, path: string): boolean {
  if (pattern === '*' || pattern === path) return true
  return pattern.endsWith('.*') && path.startsWith(pattern.slice(0, -1))
}
