import { ASSURANCE_LEVELS, jwksSchema, signingJwkSchema } from '@portcullis/context'
import { LOG_LEVELS, readEnvironment, variables } from '@portcullis/runtime'
import { z } from 'zod'
import type { DashboardOptions } from './dashboard/start-dashboard.ts'
import { eventKeysSchema } from './delivery/event-keys.ts'
import { receiversSchema } from './delivery/receiver.ts'
import type { DeliveryOptions } from './delivery/start-delivery.ts'
import type { OperationsOptions } from './operations/start-operations.ts'
import type { FollowingOptions } from './start-following.ts'
import type { RecordingOptions } from './start-recording.ts'

const trustSchema = z.object({ gateway: jwksSchema }).catchall(jwksSchema)

const variablesSchema = z.object({
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
  /** A gateway that lets the worker end sessions, or several, comma separated. Without it there is no service `operations`. */
  GATEWAY_URL: z
    .string()
    .transform((text) => text.split(',').map((part) => part.trim()))
    .pipe(z.array(z.url({ protocol: /^https?$/ })).min(1))
    .optional(),
  OPERATIONS_PORT: variables.port(4005),
  /** Where the dashboard of the queues is. Default nowhere. */
  DASHBOARD_PORT: variables.optionalPort,
  DASHBOARD_HOST: variables.host,
  /** Its origin as browsers see it. */
  DASHBOARD_URL: z
    .url({ protocol: /^https?$/ })
    .refine(isSecure, 'is neither https nor on this machine')
    .optional(),
  DASHBOARD_ASSURANCE: z.enum(ASSURANCE_LEVELS).default('aal1'),
  /** Where the audit trail is kept. Without it there is none. */
  DATABASE_URL: z.url().optional(),
  /** The Redis of the log, which the trail is written from. */
  REDIS_URL: variables.redisUrl.optional(),
  LEASE_MS: variables.leaseMs,
  REDIS_REPLICAS: variables.replicas,
  /** Entries behind the log from which on the trail's lag is said in the log lines. */
  AUDIT_WARN_BEHIND_EVENTS: z.coerce.number().int().positive().default(10_000),
  /** JSON: who is told of events. Needs the trail. */
  EVENT_RECEIVERS: variables.json(receiversSchema).optional(),
  /** `iss` of Security Event Tokens: an address of this installation's own. */
  EVENT_ISSUER: z.url({ protocol: /^https?$/ }).optional(),
  /** JSON: keys of the tokens, a JWK set. The first one is private and signs. */
  EVENT_KEYS: variables.json(eventKeysSchema).optional(),
  /** Where the public halves are served. */
  EVENT_KEYS_PORT: variables.port(4007),
  /** JSON: public keys by name; the gateway's may read the trail, and sign what administrators ask for. */
  PORTCULLIS_TRUST: variables.json(trustSchema).optional(),
})

const schema = variablesSchema.superRefine((environment, context) => {
  const { GATEWAY_URL, DATABASE_URL, REDIS_URL, PORTCULLIS_TRUST } = environment
  const hasTrail = DATABASE_URL !== undefined
  const demand = (name: string) =>
    context.addIssue({ code: 'custom', path: [name], message: 'is required' })
  if (hasTrail && REDIS_URL === undefined) demand('REDIS_URL')
  const { EVENT_RECEIVERS: receivers = [], EVENT_ISSUER, EVENT_KEYS } = environment
  if (receivers.length > 0 && !hasTrail) demand('DATABASE_URL')
  const hasTokens = receivers.some(({ kind }) => kind === 'set')
  if (hasTokens && EVENT_ISSUER === undefined) demand('EVENT_ISSUER')
  if (hasTokens && EVENT_KEYS === undefined) demand('EVENT_KEYS')
  if ((hasTrail || GATEWAY_URL) && PORTCULLIS_TRUST === undefined) demand('PORTCULLIS_TRUST')
})

export type Environment = z.output<typeof schema>

/** @throws {EnvironmentError} with a line for every mistake. */
export function readWorkerEnvironment(source: NodeJS.ProcessEnv = process.env): Environment {
  return readEnvironment(schema, source)
}

/** Undefined if nothing follows the log: neither a database nor a gateway is named. */
export function followingOf(environment: Environment): FollowingOptions | undefined {
  const { REDIS_URL: redisUrl, GATEWAY_URL: gatewayUrl, LEASE_MS: leaseMs } = environment
  const { REDIS_REPLICAS: replicas } = environment
  const operations = operationsOf(environment)
  const recording = recordingOf(environment)
  if (recording && redisUrl) return { log: { redisUrl, replicas, leaseMs }, operations, recording }
  return gatewayUrl && { log: { gatewayUrl, leaseMs }, operations }
}

function operationsOf(environment: Environment): OperationsOptions | undefined {
  const { GATEWAY_URL: gatewayUrl, PORTCULLIS_TRUST: trust } = environment
  if (!gatewayUrl || !trust) return undefined
  const { OPERATIONS_PORT: operationsPort } = environment
  return { gatewayUrl, trust, operationsPort, dashboard: dashboardOf(environment) }
}

function dashboardOf(environment: Environment): DashboardOptions | undefined {
  const { DASHBOARD_PORT: port, DASHBOARD_HOST: host, DASHBOARD_URL: url } = environment
  return port === undefined
    ? undefined
    : { port, host, url, assurance: environment.DASHBOARD_ASSURANCE }
}

/** A cookie that opens the queues does not travel in the clear. */
function isSecure(url: string): boolean {
  const { protocol, hostname } = new URL(url)
  return protocol === 'https:' || hostname === 'localhost' || hostname === '127.0.0.1'
}

function recordingOf(environment: Environment): RecordingOptions | undefined {
  const { DATABASE_URL: databaseUrl, PORTCULLIS_TRUST: trust } = environment
  if (!databaseUrl || !trust) return undefined
  const { AUDIT_WARN_BEHIND_EVENTS: warnBehindEvents } = environment
  return { databaseUrl, trust, warnBehindEvents, delivery: deliveryOf(environment) }
}

function deliveryOf(environment: Environment): DeliveryOptions | undefined {
  const { EVENT_RECEIVERS: receivers, EVENT_ISSUER: issuer, EVENT_KEYS: keys } = environment
  if (!receivers?.length) return undefined
  const { EVENT_KEYS_PORT: keysPort } = environment
  return { receivers, issuing: issuer && keys ? { issuer, ...keys, keysPort } : undefined }
}
