import { z } from 'zod'
import type { CustomClaims } from './principal.ts'

/** Claims of a team's own, declared once: typed in every service, in `session.me` and for whoever sets them. */
export interface ClaimsDefinition<Custom extends CustomClaims = CustomClaims> {
  /** Rises when a claim is added or means something else: claims cached under an earlier one are asked for anew. */
  readonly version: number
  readonly names: readonly string[]
  /** Fills what is missing, drops what is not declared. @throws when a value is not what its claim takes. */
  parse(claims: unknown): Custom
}

/** What the claims of a definition are, as a service sees them. */
export type ClaimsOf<Definition extends ClaimsDefinition> = ReturnType<Definition['parse']>

/**
 * Declares claims by name: `defineClaims({ version: 1, claims: { plan: z.enum(['free', 'pro']).default('free') } })`.
 * Values are JSON and travel in every context, so they are best short. A person who has no value yet must be readable:
 * each claim has a default or is optional.
 *
 * @throws {TypeError} naming the claim that is neither, or that the version is no positive integer.
 */
export function defineClaims<const Shape extends z.ZodRawShape>(options: {
  readonly version: number
  readonly claims: Shape
}): ClaimsDefinition<Readonly<z.output<z.ZodObject<Shape>>>> {
  const { version, claims } = options
  if (!Number.isSafeInteger(version) || version < 1) {
    throw new TypeError('version: expected a positive integer')
  }
  const schema = z.object(claims)
  const empty = schema.safeParse({})
  if (!empty.success) {
    const names = empty.error.issues.map(({ path }) => path.join('.'))
    throw new TypeError(`claims: ${names.join(', ')} must have a default or be optional`)
  }
  return { version, names: Object.keys(claims), parse: (custom) => schema.parse(custom) }
}
