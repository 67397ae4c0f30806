import { join } from 'node:path'
import type { DevelopmentKeys } from './development-keys.ts'
import { ROOT } from './paths.ts'

export type AppName = 'accounts' | 'orders' | 'gateway' | 'worker'

/** Side by side what serves, then what calls it by itself. */
export const START_ORDER: readonly (readonly AppName[])[] = [
  ['accounts', 'orders', 'gateway'],
  ['worker'],
]

/** What every app is told about the others. */
export interface Surroundings {
  /** Sessions and the event log. */
  readonly redisUrl: string
  readonly jobsRedisUrl: string
  readonly databaseUrl: string
  readonly ports: Readonly<Record<AppName, number>>
  readonly keys: DevelopmentKeys
  readonly logLevel: string
}

export const entryOf = (app: AppName) => join(ROOT, 'apps', app, 'src/main.ts')

export const urlOf = (app: AppName, { ports }: Surroundings) => `http://127.0.0.1:${ports[app]}`

/** The gateway's own origin, as a browser sees it. */
export const publicUrlOf = ({ ports }: Surroundings) => `http://localhost:${ports.gateway}`

/** The environment of one app: what it needs and no key of another one. */
export function environmentOf(app: AppName, surroundings: Surroundings): NodeJS.ProcessEnv {
  const { keys, ports, redisUrl, logLevel } = surroundings
  const common = {
    REDIS_URL: redisUrl,
    // After a restart of Redis everybody waits a lease once; in development nobody wants to wait for five seconds.
    LEASE_MS: '1000',
    PORT: String(ports[app]),
    HOST: '127.0.0.1',
    LOG_LEVEL: logLevel,
  }
  return { ...common, ...SPECIFIC[app](surroundings, keys) }
}

type Specific = (surroundings: Surroundings, keys: DevelopmentKeys) => NodeJS.ProcessEnv

const SPECIFIC: Record<AppName, Specific> = {
  gateway: (surroundings, keys) => ({
    PUBLIC_URL: publicUrlOf(surroundings),
    PORTCULLIS_PEPPER: keys.pepper,
    PORTCULLIS_TOKEN_KEYS: keys.tokenKeys.join(','),
    PORTCULLIS_SIGNING_KEY: JSON.stringify(keys.gateway),
    ACCOUNTS_URL: urlOf('accounts', surroundings),
    ORDERS_URL: urlOf('orders', surroundings),
    ALLOWED_ORIGINS: '',
  }),
  accounts: ({ databaseUrl }, keys) => ({
    DATABASE_URL: databaseUrl,
    PORTCULLIS_TRUST: JSON.stringify(keys.trust),
    PORTCULLIS_PEPPER: keys.pepper,
    SEED_DEMO: '1',
  }),
  orders: ({ databaseUrl }, keys) => ({
    DATABASE_URL: databaseUrl,
    PORTCULLIS_TRUST: JSON.stringify(keys.trust),
  }),
  worker: (surroundings, keys) => ({
    JOBS_REDIS_URL: surroundings.jobsRedisUrl,
    PORTCULLIS_SIGNING_KEY: JSON.stringify(keys.worker),
    ACCOUNTS_URL: urlOf('accounts', surroundings),
  }),
}
