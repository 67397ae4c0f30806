import type { Mistake } from './mistakes.ts'
import { Variable } from './variable.ts'

/** A configuration with the values of its variables in their places. */
export interface Resolved {
  readonly value: unknown
  /** Names of the variables by the paths at which they stand. */
  readonly variables: ReadonlyMap<string, string>
  /** Of the variables; what one of these has is undefined in the value. */
  readonly mistakes: readonly Mistake[]
}

/** How deep a configuration may be nested. */
const MAX_DEPTH = 16

export function resolveVariables(config: unknown, environment: NodeJS.ProcessEnv): Resolved {
  const variables = new Map<string, string>()
  const mistakes: Mistake[] = []

  function read({ name, schema }: Variable<unknown>, path: string): unknown {
    variables.set(path, name)
    const text = environment[name] || undefined
    const parsed = schema.safeParse(text)
    if (parsed.success) return parsed.data
    const [issue] = parsed.error.issues
    const message = text === undefined ? 'is required' : (issue?.message ?? 'is not usable')
    mistakes.push({ path, message: `${name} ${message}` })
    return undefined
  }

  function walk(value: unknown, path: readonly string[]): unknown {
    if (value instanceof Variable) return read(value, path.join('.'))
    if (typeof value === 'function' || path.length > MAX_DEPTH) {
      mistakes.push({ path: path.join('.'), message: 'is not data' })
      return undefined
    }
    if (Array.isArray(value)) return value.map((item, i) => walk(item, [...path, String(i)]))
    if (!isPlainObject(value)) return value
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, walk(item, [...path, key])]),
    )
  }

  return { value: walk(config, []), variables, mistakes }
}

function isPlainObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
