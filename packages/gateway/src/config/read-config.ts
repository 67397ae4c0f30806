import { ConfigError } from './config-error.ts'
import { issuesOf } from './config-schema.ts'
import type { GatewayConfig } from './define-config.ts'
import { mistakesOf } from './mistakes.ts'
import { resolveVariables } from './resolve-variables.ts'

/**
 * The configuration that a file exports, with its variables read from an environment.
 *
 * @throws {ConfigError} `ERR_CONFIG_INVALID` with every mistake at once.
 */
export function readConfig(exported: unknown, environment: NodeJS.ProcessEnv): GatewayConfig {
  const { value, variables, mistakes } = resolveVariables(exported, environment)
  const unresolved = new Set(mistakes.map(({ path }) => path))
  const found = mistakesOf(issuesOf(value)).filter(({ path }) => !unresolved.has(path))
  const lines = [...mistakes, ...found].map(({ path, message }) => {
    const variable = unresolved.has(path) ? undefined : variables.get(path)
    return `${path}: ${message}${variable === undefined ? '' : ` (${variable})`}`
  })
  assertNone(lines, value)
  return value
}

function assertNone(lines: readonly string[], _config: unknown): asserts _config is GatewayConfig {
  if (lines.length > 0) throw new ConfigError('ERR_CONFIG_INVALID', lines)
}
