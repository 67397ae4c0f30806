import { join } from 'node:path'
import type { DevelopmentKeys } from './development-keys.ts'
import { ROOT } from './paths.ts'

/** Every app, with the port it has if that is free. To add a service is to name it here and in `SPECIFIC`. */
export const PREFERRED_PORTS = { gateway: 4000, accounts: 4001, orders: 4002, worker: 4009 }

/** Where the worker serves `operations`, if that is free. */
export const OPERATIONS_PORT = 4005

/** Where the worker serves the dashboard of the queues, if that is free. */
export const DASHBOARD_PORT = 4006

export type AppName = keyof typeof PREFERRED_PORTS
const APPS = Object.keys(PREFERRED_PORTS) as AppName[]

/** Side by side what serves, then what calls it by itself. */
export const START_ORDER: readonly (readonly AppName[])[] = [
  APPS.filter((app) => app !== 'worker'),
  ['worker'],
]

/** What every app is told about the others. */
export interface Surroundings {
  /** Sessions and the event log. */
  readonly redisUrl: string
  readonly jobsRedisUrl: string
  readonly databaseUrl: string
  readonly ports: Readonly<Record<AppName, number>>
  /** Where each app has its metrics. Default nowhere. */
  readonly metricsPorts?: Readonly<Record<AppName, number>>
  /** Where the worker serves `operations`. Default nowhere. */
  readonly operationsPort?: number
  /** Where the worker serves the dashboard of the queues. Default nowhere. */
  readonly dashboardPort?: number
  readonly keys: DevelopmentKeys
  readonly logLevel: string
  /** OpenTelemetry's variables, the same for all. Default none: nothing is traced. */
  readonly openTelemetry?: NodeJS.ProcessEnv
}

export const entryOf = (app: AppName) => join(ROOT, 'apps', app, 'src/main.ts')

export const urlOf = (app: AppName, { ports }: Surroundings) => `http://127.0.0.1:${ports[app]}`

const operationsUrlOf = ({ operationsPort = OPERATIONS_PORT }: Surroundings) =>
  `http://127.0.0.1:${operationsPort}`

/** The gateway's own origin, as a browser sees it. */
export const publicUrlOf = ({ ports }: Surroundings) => `http://localhost:${ports.gateway}`

/** The environment of one app: what it needs and no key of another one. */
export function environmentOf(app: AppName, surroundings: Surroundings): NodeJS.ProcessEnv {
  const { keys, ports, metricsPorts, redisUrl, logLevel } = surroundings
  const common = {
    REDIS_URL: redisUrl,
    // After a restart of Redis everybody waits a lease once; in development nobody wants to wait for five seconds.
    LEASE_MS: '1000',
    PORT: String(ports[app]),
    METRICS_PORT: metricsPorts ? String(metricsPorts[app]) : '',
    HOST: '127.0.0.1',
    LOG_LEVEL: logLevel,
  }
  return { ...surroundings.openTelemetry, ...common, ...SPECIFIC[app](surroundings, keys) }
}

/** The address of each app, as `ORDERS_URL`. */
function urlsOf(surroundings: Surroundings): NodeJS.ProcessEnv {
  return Object.fromEntries(
    APPS.map((app) => [`${app.toUpperCase()}_URL`, urlOf(app, surroundings)]),
  )
}

type Specific = (surroundings: Surroundings, keys: DevelopmentKeys) => NodeJS.ProcessEnv

const SPECIFIC: Record<AppName, Specific> = {
  gateway: (surroundings, keys) => ({
    PUBLIC_URL: publicUrlOf(surroundings),
    PORTCULLIS_PEPPER: keys.pepper,
    PORTCULLIS_TOKEN_KEYS: keys.tokenKeys.join(','),
    PORTCULLIS_SIGNING_KEY: JSON.stringify(keys.gateway),
    PORTCULLIS_CONFIG_WATCH: '1',
    PORTCULLIS_TRUST: JSON.stringify(keys.trust),
    OPERATIONS_URL: operationsUrlOf(surroundings),
    AUDIT_URL: urlOf('worker', surroundings),
    ...urlsOf(surroundings),
  }),
  accounts: ({ databaseUrl }, keys) => ({
    DATABASE_URL: databaseUrl,
    PORTCULLIS_TRUST: JSON.stringify(keys.trust),
    PORTCULLIS_PEPPER: keys.pepper,
    ...(keys.totpKey !== undefined && { PORTCULLIS_TOTP_KEY: keys.totpKey }),
    SEED_DEMO: '1',
  }),
  orders: ({ databaseUrl }, keys) => ({
    DATABASE_URL: databaseUrl,
    PORTCULLIS_TRUST: JSON.stringify(keys.trust),
  }),
  worker: (surroundings, keys) => ({
    JOBS_REDIS_URL: surroundings.jobsRedisUrl,
    DATABASE_URL: surroundings.databaseUrl,
    PORTCULLIS_TRUST: JSON.stringify(keys.trust),
    PORTCULLIS_SIGNING_KEY: JSON.stringify(keys.worker),
    ACCOUNTS_URL: urlOf('accounts', surroundings),
    ...(surroundings.operationsPort !== undefined && {
      GATEWAY_URL: urlOf('gateway', surroundings),
      OPERATIONS_PORT: String(surroundings.operationsPort),
    }),
    ...(surroundings.dashboardPort !== undefined && {
      DASHBOARD_PORT: String(surroundings.dashboardPort),
      DASHBOARD_URL: `http://localhost:${surroundings.dashboardPort}`,
    }),
  }),
}
