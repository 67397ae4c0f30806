import { signingJwkSchema } from '@portcullis/context'
import { LOG_LEVELS, readEnvironment, variables } from '@portcullis/runtime'
import { z } from 'zod'

const schema = z.object({
  HOST: variables.host,
  PORT: variables.port(4009),
  METRICS_PORT: variables.metricsPort,
  LOG_LEVEL: z.enum(LOG_LEVELS).default('info'),
  /** The Redis of the job queues: a database of its own. */
  JOBS_REDIS_URL: z.url({ protocol: /^rediss?$/ }),
  ACCOUNTS_URL: z.url(),
  /** JSON: the worker's own private key, a JWK. Accounts trusts its public half under the name `worker`. */
  PORTCULLIS_SIGNING_KEY: variables.json(signingJwkSchema),
  /** How often the outbox of accounts is looked at, ms. */
  OUTBOX_REPLAY_EVERY_MS: z.coerce.number().int().min(100).default(5_000),
  /** How long a worker that fell silent keeps its job, ms. */
  JOB_LOCK_MS: z.coerce.number().int().min(1_000).default(30_000),
})

export type Environment = z.output<typeof schema>

/** @throws {EnvironmentError} with a line for every mistake. */
export function readWorkerEnvironment(source: NodeJS.ProcessEnv = process.env): Environment {
  return readEnvironment(schema, source)
}
