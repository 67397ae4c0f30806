import { ConfigError, type GatewayConfig } from '@portcullis/gateway/config'
import { EnvironmentError } from '@portcullis/runtime'
import { type Environment, readGatewayConfig, readGatewayEnvironment } from './environment.ts'

/** What this process is told from outside. */
export interface Settings {
  readonly environment: Environment
  readonly config: GatewayConfig
}

/** Settings that cannot be used. The message has a line for each mistake in the environment and in the configuration. */
class SettingsError extends Error {
  override readonly name = 'SettingsError'
  readonly code = 'ERR_SETTINGS_INVALID'
  constructor(mistakes: readonly string[]) {
    super(['Mistakes in its settings:', ...mistakes.map((line) => `  ${line}`)].join('\n'))
  }
}

/** @throws {SettingsError} with every mistake at once. */
export async function readSettings(): Promise<Settings> {
  const [environment, config] = await Promise.allSettled([
    Promise.try(readGatewayEnvironment),
    readGatewayConfig(),
  ])
  if (environment.status === 'fulfilled' && config.status === 'fulfilled') {
    return { environment: environment.value, config: config.value }
  }
  throw new SettingsError([environment, config].flatMap(mistakesOf))
}

function mistakesOf(read: PromiseSettledResult<unknown>): readonly string[] {
  if (read.status === 'fulfilled') return []
  const { reason } = read
  if (reason instanceof EnvironmentError || reason instanceof ConfigError) return reason.mistakes
  throw reason
}
