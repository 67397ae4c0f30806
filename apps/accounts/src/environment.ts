import { jwksSchema } from '@portcullis/context'
import { LOG_LEVELS, readEnvironment, variables } from '@portcullis/runtime'
import { z } from 'zod'

const trustSchema = z.object({ gateway: jwksSchema }).catchall(jwksSchema)

const schema = z.object({
  HOST: variables.host,
  PORT: variables.port(4001),
  METRICS_PORT: variables.metricsPort,
  LOG_LEVEL: z.enum(LOG_LEVELS).default('info'),
  /** The Redis of sessions and log. */
  REDIS_URL: variables.redisUrl,
  LEASE_MS: variables.leaseMs,
  DRAIN_DELAY_MS: variables.drainDelayMs,
  REDIS_REPLICAS: variables.replicas,
  DATABASE_URL: z.url(),
  /** The installation's pepper, the same as the gateway's. */
  PORTCULLIS_PEPPER: variables.secret,
  /** Encrypts the secrets of second factors. Without it nobody can enrol one. */
  PORTCULLIS_TOTP_KEY: variables.secret.optional(),
  /** JSON: public keys of the callers by name, `{ "gateway": { "keys": [...] }, "worker": { "keys": [...] } }`. */
  PORTCULLIS_TRUST: variables.json(trustSchema),
  /** `1` adds the demo people. */
  SEED_DEMO: z.enum(['0', '1']).default('0'),
})

export type Environment = z.output<typeof schema>

/** @throws {EnvironmentError} with a line for every mistake. */
export function readAccountsEnvironment(source: NodeJS.ProcessEnv = process.env): Environment {
  return readEnvironment(schema, source)
}
