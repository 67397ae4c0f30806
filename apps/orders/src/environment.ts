import { jwksSchema } from '@portcullis/context'
import { LOG_LEVELS, readEnvironment } from '@portcullis/runtime'
import { z } from 'zod'

const trustSchema = z.object({ gateway: jwksSchema }).catchall(jwksSchema)

/** One server, or sentinels: `redis+sentinel://host:port,host:port/0?name=<name of the primary>`. */
const redisUrl = z
  .string()
  .regex(/^rediss?(\+sentinel)?:\/\/\S+$/, {
    error: 'is not a redis:// or redis+sentinel:// address',
  })

const schema = z.object({
  HOST: z.string().default('127.0.0.1'),
  PORT: z.coerce.number().int().min(0).max(65_535).default(4002),
  LOG_LEVEL: z.enum(LOG_LEVELS).default('info'),
  /** The Redis of the log. */
  REDIS_URL: redisUrl,
  /** How long a proof of freshness allows to decide from memory, in milliseconds. */
  LEASE_MS: z.coerce.number().int().min(100).max(60_000).default(5_000),
  /** Replicas configured beside the Redis primary. */
  REDIS_REPLICAS: z.coerce.number().int().min(0).max(10).default(0),
  DATABASE_URL: z.url(),
  /** JSON: public keys of the gateway and of callers by name, `{ "gateway": { "keys": [...] } }`. */
  PORTCULLIS_TRUST: z.string().transform(parseJson).pipe(trustSchema),
})

export type Environment = z.output<typeof schema>

/** @throws {EnvironmentError} with a line for every mistake. */
export function readOrdersEnvironment(source: NodeJS.ProcessEnv = process.env): Environment {
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
