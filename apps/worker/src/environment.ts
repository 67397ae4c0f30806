import { signingJwkSchema } from '@portcullis/context'
import { LOG_LEVELS, readEnvironment } from '@portcullis/runtime'
import { z } from 'zod'

/** One server, or sentinels: `redis+sentinel://host:port,host:port/0?name=<name of the primary>`. */
const redisUrl = z
  .string()
  .regex(/^rediss?(\+sentinel)?:\/\/\S+$/, {
    error: 'is not a redis:// or redis+sentinel:// address',
  })

const schema = z.object({
  HOST: z.string().default('127.0.0.1'),
  PORT: z.coerce.number().int().min(0).max(65_535).default(4009),
  LOG_LEVEL: z.enum(LOG_LEVELS).default('info'),
  /** The Redis of the job queues: a database of its own. */
  JOBS_REDIS_URL: redisUrl,
  ACCOUNTS_URL: z.url(),
  /** JSON: the worker's own private key, a JWK. Accounts trusts its public half under the name `worker`. */
  PORTCULLIS_SIGNING_KEY: z.string().transform(parseJson).pipe(signingJwkSchema),
  /** How often the outbox of accounts is looked at, ms. */
  OUTBOX_REPLAY_EVERY_MS: z.coerce.number().int().min(100).default(5_000),
})

export type Environment = z.output<typeof schema>

/** @throws {EnvironmentError} with a line for every mistake. */
export function readWorkerEnvironment(source: NodeJS.ProcessEnv = process.env): Environment {
  return readEnvironment(schema, source)
}

function parseJson(text: string, context: z.RefinementCtx): unknown {
  try {
    return JSON.parse(text)
  } catch {
    context.addIssue({ code: 'custom', message: 'is not JSON' })
    return z.NEVER
  }
}
