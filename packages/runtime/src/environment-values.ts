import { z } from 'zod'

const port = z.coerce.number().int().min(0).max(65_535)

/** What variables of more than one app look like; each app's schema says which it has. */
export const variables = {
  host: z.string().default('127.0.0.1'),

  port: (standard: number) => port.default(standard),

  /** Of what is nowhere if it is not set. */
  optionalPort: port.optional(),

  /** Where `/metrics` is, on 127.0.0.1 alone; nowhere if it is not set. */
  metricsPort: port.optional(),

  /** One server, or sentinels: `redis+sentinel://host:port,host:port/0?name=<name of the primary>`. */
  redisUrl: z.string().regex(/^rediss?(\+sentinel)?:\/\/\S+$/, {
    error: 'is not a redis:// or redis+sentinel:// address',
  }),

  /** How long a proof of freshness allows to decide from memory, in milliseconds. */
  leaseMs: z.coerce.number().int().min(100).max(60_000).default(5_000),

  /** How long it goes on answering after it has said that it is not ready any more, in milliseconds. */
  drainDelayMs: z.coerce.number().int().min(0).max(15_000).default(0),

  /** Replicas configured beside the Redis primary. */
  replicas: z.coerce.number().int().min(0).max(10).default(0),

  /** 32 bytes or more in base64url. */
  secret: z.string().regex(/^[\w-]{43,}$/, { error: 'is not 32 bytes in base64url' }),

  /** JSON text of what `schema` describes. */
  json: <Schema extends z.ZodType>(schema: Schema) => z.string().transform(parseJson).pipe(schema),
} as const

function parseJson(text: string, context: z.RefinementCtx): unknown {
  try {
    return JSON.parse(text)
  } catch {
    context.addIssue({ code: 'custom', message: 'is not JSON' })
    return z.NEVER
  }
}
