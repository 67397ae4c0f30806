import { jwksSchema } from '@portcullis/context'
import { LOG_LEVELS, readEnvironment, variables } from '@portcullis/runtime'
import { z } from 'zod'

const trustSchema = z.object({ gateway: jwksSchema }).catchall(jwksSchema)

const schema = z.object({
  HOST: variables.host,
  PORT: variables.port(4002),
  METRICS_PORT: variables.metricsPort,
  LOG_LEVEL: z.enum(LOG_LEVELS).default('info'),
  /** The Redis of the log. */
  REDIS_URL: variables.redisUrl,
  LEASE_MS: variables.leaseMs,
  DRAIN_DELAY_MS: variables.drainDelayMs,
  REDIS_REPLICAS: variables.replicas,
  DATABASE_URL: z.url(),
  /** JSON: public keys of the gateway and of callers by name, `{ "gateway": { "keys": [...] } }`. */
  PORTCULLIS_TRUST: variables.json(trustSchema),
})

export type Environment = z.output<typeof schema>

/** @throws {EnvironmentError} with a line for every mistake. */
export function readOrdersEnvironment(source: NodeJS.ProcessEnv = process.env): Environment {
  return readEnvironment(schema, source)
}
