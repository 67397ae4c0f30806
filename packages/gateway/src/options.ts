import type { KeyRing } from '@portcullis/context'
import type { Keyspace } from '@portcullis/redis'
import { type Clock, type Logger, systemClock } from '@portcullis/runtime'
import type { ClaimsSource } from '@portcullis/sessions'
import { z } from 'zod'
import type { ServiceRoute } from './forward/services.ts'
import type { SameSite } from './guard/session-cookie.ts'
import type { TrustedProxies } from './guard/trusted-proxies.ts'
import { type GatewayLimits, resolveLimits } from './limits.ts'
import type { IdentityVerifier } from './procedures/identity.ts'
import {
  createSignInThrottle,
  type SignInThrottle,
  type SignInThrottleOptions,
} from './procedures/sign-in-throttle.ts'
import type { RelayOptions } from './relay/relaying.ts'
import type { Transformer } from './respond/envelope.ts'

export interface GatewayOptions<SignInInput> {
  /** Services by name, which is the first segment of their procedures' paths. A string is a base URL. */
  readonly services: Readonly<Record<string, ServiceRoute | string>>
  /** How people prove who they are. Without it `session.signIn` does not exist. */
  readonly identity?: IdentityVerifier<SignInInput>
  /** Where the roles and permissions of a subject come from. */
  readonly claims: ClaimsSource
  /** Own origin as browsers see it, `https://app.example.com`. Decides the cookie's name. */
  readonly publicUrl: string
  /** Other origins whose pages may call. Default none. */
  readonly allowedOrigins?: readonly string[]
  /** Request headers that those pages may send beside those of tRPC clients. Default none. */
  readonly allowedHeaders?: readonly string[]
  /** Default `strict`. */
  readonly sameSite?: SameSite
  /** Whose `X-Forwarded-For` and `X-Request-Id` are believed. Default nobody's. */
  readonly trustedProxies?: TrustedProxies
  readonly redisUrl: string
  readonly keyspace?: Keyspace
  /** Secret of the installation, 32 bytes or more in base64url. Never changes. */
  readonly pepper: string
  /** Secrets of the cookies' check: the current, and one before it during a rotation. */
  readonly tokenKeys: readonly string[]
  /** Signs contexts. Its public part is served at `/.well-known/jwks.json`. */
  readonly keyRing: KeyRing
  /** The data transformer of client and services. Default `none`. */
  readonly transformer?: Transformer
  readonly limits?: Partial<GatewayLimits>
  readonly signInThrottle?: SignInThrottleOptions
  /** How long a proof of freshness allows to decide from memory, in milliseconds. Default 5,000. */
  readonly leaseMs?: number
  /** Replicas configured beside the Redis primary. Default 0. */
  readonly replicas?: number
  /** Lets services without Redis follow the log through this gateway. Default: none can. */
  readonly relay?: RelayOptions
  /** Part of the names of the connections to Redis, and the service's name in receipts. Default `gateway`. */
  readonly name?: string
  readonly logger: Logger
  readonly clock?: Clock
}

/** Options that were checked, with every default in place. */
export interface ResolvedOptions {
  readonly publicUrl: URL
  readonly allowedOrigins: readonly string[]
  readonly allowedHeaders: readonly string[]
  readonly sameSite: SameSite
  readonly trustedProxies: TrustedProxies
  readonly transformer: Transformer
  readonly limits: GatewayLimits
  readonly throttle: SignInThrottle
  readonly name: string
  readonly clock: Clock
}

const optionsSchema = z.object({
  publicUrl: z.url({ protocol: /^https?$/ }),
  allowedOrigins: z.array(z.string()).default([]),
  sameSite: z.enum(['strict', 'lax']).default('strict'),
  transformer: z.enum(['none', 'superjson']).default('none'),
  name: z.string().min(1).default('gateway'),
})

/** @throws {TypeError} naming each option that is wrong. */
export function resolveOptions<SignInInput>(options: GatewayOptions<SignInInput>): ResolvedOptions {
  const parsed = optionsSchema.safeParse(options)
  if (!parsed.success) throw new TypeError(`createGateway: ${z.prettifyError(parsed.error)}`)
  return {
    ...parsed.data,
    publicUrl: new URL(parsed.data.publicUrl),
    limits: resolveLimits(options.limits),
    allowedHeaders: options.allowedHeaders ?? [],
    trustedProxies: options.trustedProxies ?? 0,
    throttle: createSignInThrottle(options.signInThrottle),
    clock: options.clock ?? systemClock,
  }
}
