import { declareNewInstallation } from '@portcullis/revocation'
import { findFreePort, startPostgres, startRedis } from '@portcullis/testing'
import { type AppName, publicUrlOf, type Surroundings, urlOf } from '../apps.ts'
import { chooseFreePorts } from '../choose-ports.ts'
import { createDevelopmentKeys } from '../development-keys.ts'
import { startApp } from '../start-app.ts'
import { type ContextTap, startContextTap } from './context-tap.ts'
import { startForgetfulGateway } from './forgetful-gateway.ts'

/** What the demo plays on. */
export interface Stage {
  /** Two. */
  readonly gateways: readonly string[]
  /** Between the gateways and orders. */
  readonly tap: ContextTap
}

export interface StageOptions {
  /** What is started goes in here. */
  readonly resources: AsyncDisposableStack
  /** Puts a gateway that forgets revocations before the first one. */
  readonly isGatewayBroken: boolean
  readonly onLine: (app: AppName, line: string) => void
}

/**
 * Two gateways, both services, a worker, a Redis and a Postgres on free ports and with keys of their own: it runs beside
 * anything else and leaves nothing behind.
 */
export async function startStage(options: StageOptions): Promise<Stage> {
  const { resources, isGatewayBroken, onLine } = options
  const surroundings = await surround(resources)
  const tap = resources.use(await startContextTap(urlOf('orders', surroundings)))
  const second = withGatewayOn(await findFreePort(), surroundings)

  const start = async (app: AppName, there: Surroundings) => {
    const environment = app === 'gateway' ? { ORDERS_URL: tap.url } : {}
    resources.use(await startApp(app, { surroundings: there, onLine, environment }))
  }
  await Promise.all([
    start('accounts', surroundings),
    start('orders', surroundings),
    start('gateway', surroundings),
    start('gateway', second),
  ])
  await start('worker', surroundings)

  const gateways = [publicUrlOf(surroundings), publicUrlOf(second)]
  if (isGatewayBroken) {
    const forgetful = resources.use(await startForgetfulGateway(urlOf('gateway', surroundings)))
    gateways[0] = forgetful.url
  }
  return { gateways, tap }
}

async function surround(resources: AsyncDisposableStack): Promise<Surroundings> {
  const redis = resources.use(await startRedis())
  await declareNewInstallation({ redisUrl: redis.url })
  const postgres = resources.use(await startPostgres())
  return {
    redisUrl: `${redis.url}/0`,
    jobsRedisUrl: `${redis.url}/1`,
    databaseUrl: postgres.url,
    ports: await chooseFreePorts(),
    keys: await createDevelopmentKeys(),
    logLevel: 'warn',
  }
}

function withGatewayOn(port: number, surroundings: Surroundings): Surroundings {
  return { ...surroundings, ports: { ...surroundings.ports, gateway: port } }
}
