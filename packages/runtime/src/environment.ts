import type { z } from 'zod'

/** Thrown by `readEnvironment`. The message has one line per mistake and names variables, never their values. */
export class EnvironmentError extends Error {
  override readonly name = 'EnvironmentError'
  readonly code = 'ERR_ENVIRONMENT_INVALID'
  /** One entry per mistake, `NAME: what is wrong`. */
  readonly mistakes: readonly string[]
  constructor(mistakes: readonly string[]) {
    super(['The environment is not usable:', ...mistakes.map((line) => `  ${line}`)].join('\n'))
    this.mistakes = mistakes
  }
}

/**
 * Reads the variables that `schema` names from `source` and returns its output. An empty variable counts as unset,
 * as `PORT= node main.ts` means it; variables the schema does not name are left out.
 *
 * @throws {EnvironmentError} with every mistake at once.
 */
export function readEnvironment<Schema extends z.ZodObject>(
  schema: Schema,
  source: NodeJS.ProcessEnv,
): z.output<Schema> {
  const named = pickNamed(Object.keys(schema.shape), source)
  const result = schema.safeParse(named)
  if (result.success) return result.data
  throw new EnvironmentError(result.error.issues.map((issue) => describeIssue(issue, named)))
}

function pickNamed(names: string[], source: NodeJS.ProcessEnv): Record<string, string> {
  const entries = names.flatMap((name) => (source[name] ? [[name, source[name]] as const] : []))
  return Object.fromEntries(entries)
}

function describeIssue(issue: z.core.$ZodIssue, named: Record<string, string>): string {
  const [name, ...inside] = issue.path.map(String)
  if (name === undefined) return issue.message
  if (inside.length === 0 && !(name in named)) return `${name}: is required`
  return `${[name, ...inside].join('.')}: ${issue.message}`
}
