import { randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { createKeyRing, generateSigningKey, type SigningJwk } from '@portcullis/context'
import { createQueue, defineJob, type JobQueue } from '@portcullis/jobs'
import { createFollower, declareNewInstallation, type Follower } from '@portcullis/revocation'
import { createLogger } from '@portcullis/runtime'
import { createSessionStore, type SessionStore } from '@portcullis/sessions'
import {
  findFreePort,
  type StartedProcess,
  startPostgres,
  startProcess,
  startRedis,
} from '@portcullis/testing'
import { z } from 'zod'
import { startPeer } from '../../peers/peer.ts'
import { openPeople, type People } from './people.ts'

/** The apps gateway, accounts and worker as processes, and a service; what they announce is followed. */
export interface Installation extends AsyncDisposable {
  readonly redisUrl: string
  readonly jobsRedisUrl: string
  readonly gatewayUrl: string
  readonly people: People
  readonly sessions: SessionStore
  readonly follower: Follower
  /** That of the worker's job. */
  readonly fillings: JobQueue<{ definition: number; perSecond: number }>
  startWorker(): Promise<StartedProcess>
}

const logger = createLogger({ name: 'bench', level: 'error' })
const CONFIG = fileURLToPath(new URL('./gateway.config.ts', import.meta.url))
const SERVICE = new URL('./peers/service-main.ts', import.meta.url)
const FILL = defineJob({
  name: 'claims.fill',
  data: z.object({ definition: z.int(), perSecond: z.int() }),
  // As the worker has it: a killed one's job is taken over as often.
  attempts: 100,
})

/** How long a worker that was killed keeps its job, ms. */
export const LOCK_MS = 1_000

export async function startInstallation(): Promise<Installation> {
  await using held = new AsyncDisposableStack()
  const [redis, jobsRedis, postgres] = [
    await startRedis(),
    await startRedis(),
    await startPostgres(),
  ]
  for (const server of [redis, jobsRedis, postgres]) held.use(server)
  const { url: redisUrl } = redis
  await declareNewInstallation({ redisUrl })
  const secret = randomBytes(32).toString('base64url')
  const [signing, workerKey] = [await generateSigningKey(), await generateSigningKey()]
  const keys = await publicKeys(signing)
  const trust = JSON.stringify({ gateway: keys, worker: await publicKeys(workerKey) })

  const apps = held.use(new AsyncDisposableStack())

  async function startApp(app: string, env: NodeJS.ProcessEnv) {
    const url = `http://127.0.0.1:${await findFreePort()}`
    const entry = fileURLToPath(new URL(`../../../../../apps/${app}/src/main.ts`, import.meta.url))
    const started = await startProcess({
      command: process.execPath,
      args: [entry],
      env: {
        ...{ NODE_ENV: 'production', LOG_LEVEL: 'error', ACCESS_LOG: 'off' },
        ...{ PORT: new URL(url).port, REDIS_URL: redisUrl, PORTCULLIS_TRUST: trust, ...env },
      },
      readyUrl: `${url}/readyz`,
    })
    return { url, started: apps.use(started) }
  }

  const accounts = await startApp('accounts', {
    DATABASE_URL: postgres.url,
    PORTCULLIS_PEPPER: secret,
  })
  const service = held.use(await startPeer(SERVICE, { redisUrl, keys }))
  const gateway = await startApp('gateway', {
    ...{ PORTCULLIS_CONFIG: CONFIG, ACCOUNTS_URL: accounts.url, REPORTS_URL: service.url },
    ...{ PORTCULLIS_PEPPER: secret, PORTCULLIS_TOKEN_KEYS: secret },
    PORTCULLIS_SIGNING_KEY: JSON.stringify(signing),
  })
  const worker = {
    ...{ JOBS_REDIS_URL: jobsRedis.url, ACCOUNTS_URL: accounts.url, JOB_LOCK_MS: String(LOCK_MS) },
    PORTCULLIS_SIGNING_KEY: JSON.stringify(workerKey),
  }
  const people = held.use(await openPeople(postgres.url))
  const store = { redisUrl, name: 'login', pepper: secret, tokenKeys: [secret] }
  const sessions = held.use(await createSessionStore(store))
  const follower = held.use(await createFollower({ redisUrl, name: 'bench', logger }))
  const queue = { job: FILL, redisUrl: jobsRedis.url, name: 'bench', logger }
  const fillings = held.use(await createQueue(queue))
  const owned = held.move()
  return {
    ...{ redisUrl, jobsRedisUrl: jobsRedis.url, gatewayUrl: gateway.url },
    ...{ people, sessions, follower, fillings },
    startWorker: async () => (await startApp('worker', worker)).started,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

async function publicKeys(signing: SigningJwk) {
  return (await createKeyRing({ signing })).publicJwks()
}
