type Directives = ReadonlyMap<string, string>

/** RFC 9111 section 5.2.2: restrictions hold if one of the answers has them, permissions if all have. */
const RESTRICTIONS = [
  'private',
  'no-cache',
  'must-revalidate',
  'proxy-revalidate',
  'no-transform',
] as const
const PERMISSIONS = ['public', 'immutable'] as const
const GRACES = ['stale-while-revalidate', 'stale-if-error'] as const

/**
 * The strictest of the `Cache-Control` values of answers that become one: kept by nobody who may not keep one of them, and
 * no longer than each. An answer that says nothing beside others that do is not to be kept.
 */
export function strictestCaching(values: readonly (string | undefined)[]): string | undefined {
  if (new Set(values).size <= 1) return values[0]
  const parsed = values.map((value) => parseDirectives(value ?? 'no-store'))
  if (parsed.some((directives) => directives.has('no-store'))) return 'no-store'
  const restrictions = RESTRICTIONS.filter((name) => parsed.some((each) => each.has(name)))
  const permissions = PERMISSIONS.filter((name) => parsed.every((each) => each.has(name)))
  const isShared = !restrictions.includes('private')
  return [
    ...restrictions,
    ...permissions.filter((name) => isShared || name !== 'public'),
    ...lifetime('max-age', parsed, ownAge),
    ...(isShared ? lifetime('s-maxage', parsed, sharedAge) : []),
    ...GRACES.filter((name) => parsed.every((each) => each.has(name))).map(
      (name) => `${name}=${least(parsed, (each) => seconds(each, name))}`,
    ),
  ].join(', ')
}

function parseDirectives(value: string): Directives {
  const pairs = value.split(',').map((directive) => directive.trim().toLowerCase().split('='))
  return new Map(pairs.map(([name = '', argument = '']) => [name, argument]))
}

function lifetime(
  name: string,
  parsed: readonly Directives[],
  ageOf: (directives: Directives) => number,
): string[] {
  return parsed.some((each) => each.has(name)) ? [`${name}=${least(parsed, ageOf)}`] : []
}

function least(parsed: readonly Directives[], of: (directives: Directives) => number): number {
  return Math.min(...parsed.map(of))
}

function ownAge(directives: Directives): number {
  return seconds(directives, 'max-age')
}

function sharedAge(directives: Directives): number {
  return seconds(directives, directives.has('s-maxage') ? 's-maxage' : 'max-age')
}

/** 0 for what is absent or no number. */
function seconds(directives: Directives, name: string): number {
  const value = directives.get(name) ?? ''
  return /^\d{1,10}$/.test(value) ? Number(value) : 0
}
