import { randomBytes } from 'node:crypto'
import { createKeyRing, generateSigningKey } from '@portcullis/context'

export const APPS = ['gateway', 'accounts', 'orders', 'worker'] as const
export type AppName = (typeof APPS)[number]

export interface Surroundings {
  redisUrl: string
  jobsRedisUrl: string
  databaseUrl: string
  accountsUrl: string
  ordersUrl: string
  /** Where the worker serves `operations`. */
  operationsPort?: number
  /** Whether the worker keeps an audit trail. Default not. */
  keepsTrail?: boolean | undefined
  /** Where the worker answers for its audit trail. Default nowhere: gateways have no `admin.audit`. */
  auditUrl?: string | undefined
  /** Which the worker asks to end sessions. Default none: it serves no `operations`. */
  gatewayUrl?: string | undefined
}

/** The environment of each app of one installation, whose keys and secrets are made anew. */
export async function createEnvironments() {
  const secret = () => randomBytes(32).toString('base64url')
  const [pepper, tokenKey] = [secret(), secret()]
  const [gateway, worker] = await Promise.all([generateSigningKey(), generateSigningKey()])
  const publicKeys = async (signing: unknown) => (await createKeyRing({ signing })).publicJwks()
  const trust = { gateway: await publicKeys(gateway), worker: await publicKeys(worker) }

  return (app: AppName, port: number, surroundings: Surroundings): NodeJS.ProcessEnv => ({
    PORT: String(port),
    LOG_LEVEL: 'info',
    REDIS_URL: surroundings.redisUrl,
    ...{
      gateway: {
        PUBLIC_URL: `http://127.0.0.1:${port}`,
        PORTCULLIS_PEPPER: pepper,
        PORTCULLIS_TOKEN_KEYS: tokenKey,
        PORTCULLIS_SIGNING_KEY: JSON.stringify(gateway),
        ACCOUNTS_URL: surroundings.accountsUrl,
        ORDERS_URL: surroundings.ordersUrl,
        ...(surroundings.auditUrl && { AUDIT_URL: surroundings.auditUrl }),
        OPERATIONS_URL: `http://127.0.0.1:${surroundings.operationsPort ?? 9}`,
        PORTCULLIS_TRUST: JSON.stringify(trust),
      },
      accounts: {
        DATABASE_URL: surroundings.databaseUrl,
        PORTCULLIS_PEPPER: pepper,
        PORTCULLIS_TRUST: JSON.stringify(trust),
        SEED_DEMO: '1',
      },
      orders: {
        DATABASE_URL: surroundings.databaseUrl,
        PORTCULLIS_TRUST: JSON.stringify(trust),
      },
      worker: {
        JOBS_REDIS_URL: surroundings.jobsRedisUrl,
        PORTCULLIS_SIGNING_KEY: JSON.stringify(worker),
        ACCOUNTS_URL: surroundings.accountsUrl,
        PORTCULLIS_TRUST: JSON.stringify(trust),
        ...(surroundings.keepsTrail && { DATABASE_URL: surroundings.databaseUrl }),
        ...(surroundings.gatewayUrl && {
          GATEWAY_URL: surroundings.gatewayUrl,
          OPERATIONS_PORT: String(surroundings.operationsPort),
          DASHBOARD_PORT: '0',
          JOB_LOCK_MS: '1000',
        }),
      },
    }[app],
  })
}
