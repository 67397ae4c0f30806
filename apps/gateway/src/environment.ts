import { signingJwkSchema } from '@portcullis/context'
import { LOG_LEVELS, readEnvironment, variables } from '@portcullis/runtime'
import { z } from 'zod'

const schema = z.object({
  HOST: variables.host,
  PORT: variables.port(4000),
  LOG_LEVEL: z.enum(LOG_LEVELS).default('info'),
  /** Share of the requests that succeeded with lines in the access log, or `off` for none of any request. */
  ACCESS_LOG: z
    .union([z.literal('off'), z.coerce.number().min(0).max(1)], {
      error: 'is neither off nor a number from 0 to 1',
    })
    .default(1),
  /** Own origin as browsers see it. */
  PUBLIC_URL: z.url({ protocol: /^https?$/ }),
  /** Other origins whose pages may call, comma separated. */
  ALLOWED_ORIGINS: z.string().default('').transform(toList).pipe(z.array(z.url())),
  /** Proxies in front: how many, or their addresses and networks, comma separated. */
  TRUSTED_PROXIES: z.string().default('').transform(toProxies),
  /** The Redis of sessions and log. */
  REDIS_URL: variables.redisUrl,
  LEASE_MS: variables.leaseMs,
  REDIS_REPLICAS: variables.replicas,
  /** Secret of the installation; never changes. */
  PORTCULLIS_PEPPER: variables.secret,
  /** Secrets of the cookies' check, the current one first, comma separated. */
  PORTCULLIS_TOKEN_KEYS: z.string().transform(toList).pipe(z.array(variables.secret).min(1).max(2)),
  /** JSON: the private key that signs contexts, a JWK. */
  PORTCULLIS_SIGNING_KEY: variables.json(signingJwkSchema),
  ACCOUNTS_URL: z.url(),
  ORDERS_URL: z.url(),
})

export type Environment = z.output<typeof schema>

/** @throws {EnvironmentError} with a line for every mistake. */
export function readGatewayEnvironment(source: NodeJS.ProcessEnv = process.env): Environment {
  return readEnvironment(schema, source)
}

function toProxies(text: string): number | string[] {
  return /^\d+$/.test(text) ? Number(text) : toList(text)
}

function toList(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
}
