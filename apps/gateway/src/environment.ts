import { signingJwkSchema } from '@portcullis/context'
import { LOG_LEVELS, readEnvironment } from '@portcullis/runtime'
import { z } from 'zod'

const secret = z.string().regex(/^[\w-]{43,}$/, { error: 'is not 32 bytes in base64url' })

/** One server, or sentinels: `redis+sentinel://host:port,host:port/0?name=<name of the primary>`. */
const redisUrl = z
  .string()
  .regex(/^rediss?(\+sentinel)?:\/\/\S+$/, {
    error: 'is not a redis:// or redis+sentinel:// address',
  })

const schema = z.object({
  HOST: z.string().default('127.0.0.1'),
  PORT: z.coerce.number().int().min(0).max(65_535).default(4000),
  LOG_LEVEL: z.enum(LOG_LEVELS).default('info'),
  /** Own origin as browsers see it. */
  PUBLIC_URL: z.url({ protocol: /^https?$/ }),
  /** Other origins whose pages may call, comma separated. */
  ALLOWED_ORIGINS: z.string().default('').transform(toList).pipe(z.array(z.url())),
  /** The Redis of sessions and log. */
  REDIS_URL: redisUrl,
  /** How long a proof of freshness allows to decide from memory, in milliseconds. */
  LEASE_MS: z.coerce.number().int().min(100).max(60_000).default(5_000),
  /** Replicas configured beside the Redis primary. */
  REDIS_REPLICAS: z.coerce.number().int().min(0).max(10).default(0),
  /** Secret of the installation; never changes. */
  PORTCULLIS_PEPPER: secret,
  /** Secrets of the cookies' check, the current one first, comma separated. */
  PORTCULLIS_TOKEN_KEYS: z.string().transform(toList).pipe(z.array(secret).min(1).max(2)),
  /** JSON: the private key that signs contexts, a JWK. */
  PORTCULLIS_SIGNING_KEY: z.string().transform(parseJson).pipe(signingJwkSchema),
  ACCOUNTS_URL: z.url(),
  ORDERS_URL: z.url(),
})

export type Environment = z.output<typeof schema>

/** @throws {EnvironmentError} with a line for every mistake. */
export function readGatewayEnvironment(source: NodeJS.ProcessEnv = process.env): Environment {
  return readEnvironment(schema, source)
}

function toList(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
}

function parseJson(text: string, context: z.RefinementCtx): unknown {
  try {
    return JSON.parse(text)
  } catch {
    context.addIssue({ code: 'custom', message: 'is not JSON' })
    return z.NEVER
  }
}
