import type { Tracer } from '@opentelemetry/api'
import {
  ASSURANCE_LEVELS,
  type AssuranceLevel,
  type ClaimsDefinition,
  type KeyRing,
} from '@portcullis/context'
import type { Keyspace } from '@portcullis/redis'
import { type Clock, type Logger, type Metrics, systemClock } from '@portcullis/runtime'
import type { ClaimsSource, SessionProfiles } from '@portcullis/sessions'
import { z } from 'zod'
import type { FallbackRoute, ServiceRoute } from './forward/services.ts'
import {
  type CheckedLimit,
  checkRateLimits,
  type RateLimit,
} from './guard/rate-limits/rate-limit.ts'
import { type ClearSiteData, clearSiteDataSchema } from './guard/security-headers.ts'
import type { SameSite } from './guard/session-cookie.ts'
import type { TrustedProxies } from './guard/trusted-proxies.ts'
import { type GatewayLimits, resolveLimits } from './limits.ts'
import type { AccessLogOptions } from './observe/access-log.ts'
import type { AuditSource } from './procedures/audit-source.ts'
import type { IdentityVerifier } from './procedures/identity.ts'
import {
  type CheckedThrottle,
  checkSignInThrottle,
  type SignInThrottleOptions,
} from './procedures/sign-in-throttle.ts'
import type { RelayOptions } from './relay/relaying.ts'
import type { PathSeparator, TargetForm } from './request/target.ts'
import type { Codec, Transformer } from './respond/envelope.ts'
import { profilesOf, type SessionOptions, sessionOptionSchemas } from './session-options.ts'

interface SharedOptions {
  /** Path below which procedures are called, `/api/trpc`. Nothing else is answered there. Default none. */
  readonly basePath?: string
  /** The `pathSeparator` of clients and services: between the segments of a path in URLs. Default `.`. */
  readonly pathSeparator?: PathSeparator
  /** The data transformer of client and services. Default `none`. */
  readonly transformer?: Transformer
  /** Request headers that pages of `allowedOrigins` may send beside those of tRPC clients. Default none. */
  readonly allowedHeaders?: readonly string[]
  /** Whose `X-Forwarded-For` and `X-Request-Id` are believed. Default nobody's. */
  readonly trustedProxies?: TrustedProxies
  /** How many calls an address, a session or a person may make. Default: no such limit. */
  readonly rateLimits?: readonly RateLimit[]
  readonly limits?: Partial<GatewayLimits>
  /** A line for each procedure call. Default none. */
  readonly accessLog?: AccessLogOptions | undefined
  /** Makes spans, `(await startTracing('gateway'))?.tracer`. Default nobody: then no request is traced. */
  readonly tracer?: Tracer | undefined
  /** Where it measures itself, `createPrometheusMetrics()`. Default nowhere. */
  readonly metrics?: Metrics | undefined
  readonly logger: Logger
}

/** A gateway with sessions. */
export interface GatewayOptions<SignInInput> extends SharedOptions, SessionOptions {
  readonly sessions?: true
  /** Services by name, which is the first segment of their procedures' paths. A string is a base URL. */
  readonly services: Readonly<Record<string, ServiceRoute | string>>
  /** Gets the calls whose first segment is neither a service's nor the gateway's. Default: they are answered 404. */
  readonly fallback?: FallbackRoute | string
  /** How people prove who they are. Without it `session.signIn` does not exist. */
  readonly identity?: IdentityVerifier<SignInInput>
  /** Who keeps the audit trail. Without it `admin.audit` does not exist. */
  readonly audit?: AuditSource | undefined
  /** Where the roles and permissions of a subject come from. */
  readonly claims: ClaimsSource
  /** Claims of your own, see `defineClaims`. Default: passed on as their source has them. */
  readonly customClaims?: ClaimsDefinition
  /** Own origin as browsers see it, `https://app.example.com`. Decides the cookie's name. */
  readonly publicUrl: string
  /** Other origins whose pages may call. Default none. */
  readonly allowedOrigins?: readonly string[]
  /** What browsers are told to forget of this origin at sign-out. Default `['cache', 'storage']`. */
  readonly clearSiteData?: ClearSiteData
  /** Default `strict`. */
  readonly sameSite?: SameSite
  readonly redisUrl: string
  readonly keyspace?: Keyspace
  /** Secret of the installation, 32 bytes or more in base64url. Never changes. */
  readonly pepper: string
  /** Secrets of the cookies' check: the current, and one before it during a rotation. */
  readonly tokenKeys: readonly string[]
  /** Signs contexts. Its public part is served at `/.well-known/jwks.json`. */
  readonly keyRing: KeyRing
  readonly signInThrottle?: SignInThrottleOptions
  /** What `admin.*` asks for beside the role, so that a password alone is not enough. Default `aal1`. */
  readonly adminAssurance?: AssuranceLevel
  /** Whether the gateway's own queries may come by POST. Of theirs the services say so themselves. Default false. */
  readonly allowMethodOverride?: boolean
  /** How long a proof of freshness allows to decide from memory, in milliseconds. Default 5,000. */
  readonly leaseMs?: number
  /** Replicas configured beside the Redis primary. Default 0. */
  readonly replicas?: number
  /** Lets services without Redis follow the log through this gateway. Default: none can. */
  readonly relay?: RelayOptions
  /** Part of the names of the connections to Redis, and the service's name in receipts. Default `gateway`. */
  readonly name?: string
  readonly clock?: Clock
}

/** A route of a gateway without sessions, which knows nobody and thus says of nobody who it is. */
export interface PassThroughRoute extends Omit<ServiceRoute, 'identityHeaders'> {
  identityHeaders?: never
}

/** A gateway without sessions and Redis: it routes, splits and merges, and every cookie is the services'. */
export interface PassThroughOptions extends SharedOptions {
  readonly sessions: false
  /** Services by name, which is the first segment of their procedures' paths. A string is a base URL. */
  readonly services: Readonly<Record<string, PassThroughRoute | string>>
  /** Gets the calls whose first segment no service has. Default: they are answered 404. */
  readonly fallback?: (PassThroughRoute & Pick<FallbackRoute, 'name'>) | string
  /** Own origin as browsers see it, told to the services. Default: `http` and the host that each request names. */
  readonly publicUrl?: string
  /**
   * The origins whose pages may call, beside `publicUrl`. Default: any page can, as at the services themselves; without
   * sessions the gateway does not know which cookies are worth protecting.
   */
  readonly allowedOrigins?: readonly string[]
}

interface ResolvedShared {
  readonly allowedHeaders: readonly string[]
  readonly trustedProxies: TrustedProxies
  readonly rateLimits: readonly CheckedLimit[]
  readonly targetForm: TargetForm
  readonly transformer: Transformer
  readonly limits: GatewayLimits
}

/** Options that were checked, with every default in place. */
interface ResolvedOptions extends ResolvedShared {
  readonly publicUrl: URL
  readonly allowedOrigins: readonly string[]
  readonly clearSiteData: ClearSiteData
  readonly sameSite: SameSite
  readonly allowMethodOverride: boolean
  readonly throttleLimits: CheckedThrottle
  readonly adminAssurance: AssuranceLevel
  readonly sessionProfile: AssuranceLevel
  readonly profiles: SessionProfiles
  readonly maxSessionsPerSubject: number
  readonly name: string
  readonly clock: Clock
}

interface ResolvedPassThroughOptions extends ResolvedShared {
  readonly publicUrl: URL | undefined
  readonly allowedOrigins: readonly string[] | undefined
}

const url = z.url({ protocol: /^https?$/ })
const codecSchema = z.custom<Codec>(isCodec, {
  error: "Expected 'none', 'superjson' or an object with name, serialize and deserialize",
})
const sharedSchema = z.object({
  basePath: z
    .string()
    // Segments that no reader of a URL resolves, and the slash at the end left out.
    .regex(/^(?:\/(?!\.{1,2}(?:\/|$)|portcullis(?:\/|$))[\w.~-]+)*\/?$/)
    .default(''),
  pathSeparator: z.enum(['.', '_', '~', '-']).default('.'),
  transformer: z.union([z.enum(['none', 'superjson']), codecSchema]).default('none'),
})
export const optionsSchema = sharedSchema.extend({
  publicUrl: url,
  allowedOrigins: z.array(z.string()).default([]),
  clearSiteData: clearSiteDataSchema.default(['cache', 'storage']),
  sameSite: z.enum(['strict', 'lax']).default('strict'),
  allowMethodOverride: z.boolean().default(false),
  adminAssurance: z.enum(ASSURANCE_LEVELS).default('aal1'),
  sessionProfile: sessionOptionSchemas.sessionProfile.default('aal2'),
  sessionProfiles: sessionOptionSchemas.sessionProfiles.default({}),
  maxSessionsPerSubject: sessionOptionSchemas.maxSessionsPerSubject.default(20),
  name: z.string().min(1).default('gateway'),
})
const passThroughSchema = sharedSchema.extend({
  publicUrl: url.optional(),
  allowedOrigins: z.array(z.string()).optional(),
})

/** @throws {TypeError} naming each option that is wrong. */
export function resolveOptions<SignInInput>(options: GatewayOptions<SignInInput>): ResolvedOptions {
  const parsed = parse(optionsSchema, options)
  return {
    ...resolveShared(parsed, options),
    ...parsed,
    publicUrl: new URL(parsed.publicUrl),
    profiles: profilesOf(parsed.sessionProfiles),
    throttleLimits: checkSignInThrottle(options.signInThrottle),
    clock: options.clock ?? systemClock,
  }
}

/** @throws {TypeError} naming each option that is wrong, or for sessions. */
export function resolvePassThrough(options: PassThroughOptions): ResolvedPassThroughOptions {
  const parsed = parse(passThroughSchema, options)
  for (const name of ONLY_WITH_SESSIONS) {
    if (name in options) throw new TypeError(`createGateway: ${name} needs sessions`)
  }
  if (Object.keys(options.services).length === 0 && options.fallback === undefined) {
    throw new TypeError('createGateway: neither services nor a fallback')
  }
  for (const route of [...Object.values(options.services), options.fallback]) {
    if (typeof route === 'object' && 'identityHeaders' in route) {
      throw new TypeError('createGateway: identityHeaders need sessions')
    }
  }
  if (options.rateLimits?.some(({ scope }) => scope === 'installation')) {
    throw new TypeError(
      'createGateway: a rate limit of the installation needs Redis, and so sessions',
    )
  }
  const { allowedOrigins, publicUrl } = parsed
  return {
    ...resolveShared(parsed, options),
    allowedOrigins,
    publicUrl: publicUrl === undefined ? undefined : new URL(publicUrl),
  }
}

function isCodec(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const { name, serialize, deserialize } = value as Partial<Record<keyof Codec, unknown>>
  const isNamed = typeof name === 'string' && name !== ''
  return isNamed && typeof serialize === 'function' && typeof deserialize === 'function'
}

const ONLY_WITH_SESSIONS = [
  ...['identity', 'claims', 'sameSite', 'redisUrl', 'keyspace', 'pepper', 'tokenKeys', 'keyRing'],
  ...['signInThrottle', 'clearSiteData', 'allowMethodOverride', 'leaseMs', 'replicas', 'relay'],
  ...['sessionProfile', 'sessionProfiles', 'maxSessionsPerSubject', 'name', 'adminAssurance'],
  'audit',
]

function parse<Schema extends z.ZodType>(schema: Schema, options: object): z.output<Schema> {
  const parsed = schema.safeParse(options)
  if (!parsed.success) throw new TypeError(`createGateway: ${z.prettifyError(parsed.error)}`)
  return parsed.data
}

function resolveShared(
  { basePath, pathSeparator, transformer }: z.output<typeof sharedSchema>,
  { allowedHeaders = [], trustedProxies = 0, rateLimits, limits }: SharedOptions,
): ResolvedShared {
  return {
    allowedHeaders,
    trustedProxies,
    rateLimits: checkRateLimits(rateLimits),
    targetForm: { basePath: basePath.replace(/\/$/, ''), pathSeparator },
    transformer,
    limits: resolveLimits(limits),
  }
}
