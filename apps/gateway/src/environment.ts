import { fileURLToPath } from 'node:url'
import { signingJwkSchema } from '@portcullis/context'
import { type GatewayConfig, loadConfig } from '@portcullis/gateway/config'
import { LOG_LEVELS, readEnvironment, variables } from '@portcullis/runtime'
import { z } from 'zod'

const schema = z.object({
  HOST: variables.host,
  PORT: variables.port(4000),
  METRICS_PORT: variables.metricsPort,
  LOG_LEVEL: z.enum(LOG_LEVELS).default('info'),
  /** Share of the requests that succeeded with lines in the access log, or `off` for none of any request. */
  ACCESS_LOG: z
    .union([z.literal('off'), z.coerce.number().min(0).max(1)], {
      error: 'is neither off nor a number from 0 to 1',
    })
    .default(1),
  /** The Redis of sessions and log. */
  REDIS_URL: variables.redisUrl,
  LEASE_MS: variables.leaseMs,
  DRAIN_DELAY_MS: variables.drainDelayMs,
  /** 1: another gateway may listen at the same port, so that it is there before this one leaves. */
  REUSE_PORT: z.enum(['0', '1']).default('0'),
  REDIS_REPLICAS: variables.replicas,
  /** Secret of the installation; never changes. */
  PORTCULLIS_PEPPER: variables.secret,
  /** Secrets of the cookies' check, the current one first, comma separated. */
  PORTCULLIS_TOKEN_KEYS: z
    .string()
    .transform((text) => text.split(',').map((part) => part.trim()))
    .pipe(z.array(variables.secret).min(1).max(2)),
  /** JSON: the private key that signs contexts, a JWK. */
  PORTCULLIS_SIGNING_KEY: variables.json(signingJwkSchema),
  /** Where the gateway itself asks accounts. */
  ACCOUNTS_URL: z.url(),
  /** Where the worker answers for the audit trail. Without it `admin.audit` does not exist. */
  AUDIT_URL: z.url().optional(),
  /** 1: the configuration is read again whenever its file changes, and not at SIGHUP alone. */
  PORTCULLIS_CONFIG_WATCH: z.enum(['0', '1']).default('0'),
})

export type Environment = z.output<typeof schema>

/** @throws {EnvironmentError} with a line for every mistake. */
export function readGatewayEnvironment(source: NodeJS.ProcessEnv = process.env): Environment {
  return readEnvironment(schema, source)
}

/** The configuration that is used unless `PORTCULLIS_CONFIG` names another one. */
const CONFIG_FILE = fileURLToPath(new URL('../portcullis.config.ts', import.meta.url))

export function configFile(source: NodeJS.ProcessEnv = process.env): string {
  return source['PORTCULLIS_CONFIG'] || CONFIG_FILE
}

/** @throws {ConfigError} with a line for every mistake. */
export function readGatewayConfig(source: NodeJS.ProcessEnv = process.env): Promise<GatewayConfig> {
  return loadConfig({ file: configFile(source), environment: source })
}
