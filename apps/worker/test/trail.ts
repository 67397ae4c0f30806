import { randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import {
  CONTEXT_HEADER,
  createAssertionSigner,
  createContextSigner,
  createId,
  createKeyRing,
  generateSigningKey,
  type Principal,
  type SubjectId,
} from '@portcullis/context'
import {
  type ClaimsChange,
  createClaimsPublisher,
  createFollower,
  declareNewInstallation,
} from '@portcullis/revocation'
import { createLogger, systemClock } from '@portcullis/runtime'
import { assertionHeaders } from '@portcullis/service'
import { findFreePort, startPostgres, startProcess, startRedis } from '@portcullis/testing'
import { createTRPCClient, httpLink, type TRPCLink } from '@trpc/client'
import type { AnyTRPCRouter } from '@trpc/server'
import { Redis } from 'ioredis'
import type { AuditRouter } from '../src/audit/router.ts'
import type { OperationsRouter } from '../src/operations/router.ts'
import type { RecordingOptions } from '../src/start-recording.ts'
import { startWorker } from '../src/start-worker.ts'

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url))
const silent = createLogger({ name: 'test', level: 'silent' })

/** A log that somebody writes to, a database, and workers as processes. */
export async function startTrail() {
  await using started = new AsyncDisposableStack()
  const postgres = started.use(await startPostgres())
  const redis = started.use(await startRedis())
  await declareNewInstallation({ redisUrl: redis.url })
  const pepper = randomBytes(32).toString('base64url')
  const names = { redisUrl: redis.url, name: 'test' }
  const member = { ...names, logger: silent, leaseMs: 1_000, repair: async () => undefined }
  const follower = started.use(await createFollower(member))
  const publisher = started.use(createClaimsPublisher({ ...names, pepper }))
  const gateway = await createKeyRing({ signing: await generateSigningKey() })
  const signing = await generateSigningKey()
  const trust = { gateway: gateway.publicJwks() }
  const commands = new Redis(redis.url, { lazyConnect: true })
  await commands.connect()
  started.defer(() => commands.disconnect())
  let version = 0

  const contexts = createContextSigner({ keyRing: gateway, clock: systemClock })
  async function operationsAt(url: string) {
    const sessionEndsAt = systemClock.wall() + 600_000
    await follower.catchUp()
    const target = { audience: 'operations', position: follower.position, sessionEndsAt }
    const { token } = await contexts.sign(administrator(), target)
    const headers = { [CONTEXT_HEADER]: token }
    return createTRPCClient<OperationsRouter>({
      links: [under('operations'), httpLink({ url, headers })],
    })
  }

  const owned = started.move()
  return {
    redis,
    postgres,
    follower,
    commands,
    jobsRedisUrl: `${redis.url}/1`,
    /** As if the Redis of the queues had lost everything. */
    async emptyQueues() {
      const queues = new Redis(`${redis.url}/1`)
      await queues.flushdb()
      queues.disconnect()
    },
    /** Says that claims of a person have changed. */
    publish(change: Partial<ClaimsChange> & { readonly id: string }) {
      version += 1
      const subject: SubjectId = 'usr_bob'
      const cause = 'member.role-changed'
      const of = { subject, cause, version, ...change } as ClaimsChange
      return publisher.publish(of, follower.instance)
    },
    /** In this process. */
    async startWorker(options: Partial<RecordingOptions> = {}) {
      const metricsPort = await findFreePort()
      const lines: string[] = []
      const destination = { write: (line: string) => void lines.push(line) }
      const recording = { databaseUrl: postgres.url, trust, ...options }
      const worker = await startWorker({
        jobsRedisUrl: `${redis.url}/1`,
        accountsUrl: 'http://127.0.0.1:1',
        signingKey: signing,
        logger: createLogger({ name: 'worker', destination }),
        metricsPort,
        following: {
          log: { redisUrl: redis.url, leaseMs: 1_000 },
          // No gateway has to be there for what is asked for here.
          operations: { gatewayUrl: 'http://127.0.0.1:1', trust },
          recording,
        },
      })
      return {
        url: worker.url,
        keysUrl: worker.keysUrl ?? '',
        /** Calls that an administrator makes, as they come through a gateway. */
        operations: await operationsAt(worker.operationsUrl ?? ''),
        output: () => lines.join(''),
        async metrics() {
          return (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text()
        },
        [Symbol.asyncDispose]: () => worker[Symbol.asyncDispose](),
      }
    },
    /** As a process that can be killed. */
    async startWorkerProcess(environment: Record<string, string> = {}) {
      const port = await findFreePort()
      const url = `http://127.0.0.1:${port}`
      const child = await startProcess({
        command: process.execPath,
        args: [MAIN],
        env: {
          PORT: String(port),
          JOBS_REDIS_URL: `${redis.url}/1`,
          REDIS_URL: redis.url,
          DATABASE_URL: postgres.url,
          LEASE_MS: '1000',
          ACCOUNTS_URL: 'http://127.0.0.1:1',
          PORTCULLIS_SIGNING_KEY: JSON.stringify(signing),
          PORTCULLIS_TRUST: JSON.stringify(trust),
          ...environment,
        },
        readyUrl: `${url}/readyz`,
      })
      return {
        url,
        async kill() {
          child.signal('SIGKILL')
          await child.exited
        },
        [Symbol.asyncDispose]: () => child[Symbol.asyncDispose](),
      }
    },
    /** Reads the trail as a gateway does. */
    clientOf(url: string, service = 'gateway') {
      const signer = createAssertionSigner({ service, keyRing: gateway, clock: systemClock })
      const headers = assertionHeaders({ signer, audience: 'audit' })
      return createTRPCClient<AuditRouter>({ links: [under('audit'), httpLink({ url, headers })] })
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

function under<Router extends AnyTRPCRouter>(service: string): TRPCLink<Router> {
  return () =>
    ({ op, next }) =>
      next({ ...op, path: `${service}.${op.path}` })
}

function administrator(): Principal {
  return {
    subject: 'usr_ada',
    session: createId('ses'),
    organization: null,
    roles: ['system:admin'],
    permissions: ['sessions:revoke'],
    claimsVersion: 1,
    authenticatedAt: Math.floor(systemClock.wall() / 1000),
    methods: ['pwd'],
    assurance: 'aal1',
    custom: {},
  }
}
