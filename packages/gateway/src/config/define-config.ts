import type { GatewayOptions } from '../options.ts'
import type { Configurable, ConfigurableParts } from './variable.ts'

/** Secrets, and what is code and not data. */
type NotConfigured =
  | 'accessLog'
  | 'audit'
  | 'metrics'
  | 'tracer'
  | 'claims'
  | 'clock'
  | 'customClaims'
  | 'identity'
  | 'keyRing'
  | 'keyspace'
  | 'logger'
  | 'pepper'
  | 'redisUrl'
  | 'sessions'
  | 'tokenKeys'

/** Those options of `createGateway` that are data. */
export type GatewayConfig = Omit<GatewayOptions<never>, NotConfigured>

/** The same, where any part may come from the environment, with a route for each of these services and for no other. */
type ConfigFor<Names extends string> = ConfigurableParts<Omit<GatewayConfig, 'services'>> & {
  readonly services: Readonly<Record<Names, Configurable<GatewayConfig['services'][string]>>>
}

/**
 * The default export of `portcullis.config.ts`, with any part of it taken from the environment by `env`. It is read by
 * `loadConfig`, which names every mistake at once. Data only: a function in it is a mistake.
 *
 * @typeParam Names Of the services there have to be. Default: any.
 */
export function defineConfig<Names extends string = string>(
  config: ConfigFor<Names>,
): Configurable<GatewayConfig> {
  return config
}
