import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { createId } from '@portcullis/context'
import {
  createClaimsPublisher,
  createFollower,
  createRelay,
  type Follower,
  type RepairTruth,
} from '@portcullis/revocation'
import { createLogger, systemClock } from '@portcullis/runtime'
import { eventually, type RedisServer, startRedis } from '@portcullis/testing'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createSessionStore, type SessionStore } from '../src/index.ts'

const RENDER = fileURLToPath(new URL('../../../infra/redis/render-users.sh', import.meta.url))
const USERS = ['gateway', 'accounts', 'orders', 'worker', 'replication', 'sentinel', 'operator']
const FLUSHED_ALWAYS = ['--appendonly', 'yes', '--appendfsync', 'always']
const secret = (fill: number) => Buffer.alloc(32, fill).toString('base64url')
const logger = createLogger({ name: 'test', level: 'silent' })
const passwordOf = (user: string) => `${user}-0123456789`

let folder: string
let server: RedisServer
let operator: Redis

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'portcullis-users-'))
  const file = join(folder, 'users.acl')
  const passwords = USERS.map((user) => [`${user.toUpperCase()}_PASSWORD`, passwordOf(user)])
  const env = { ...process.env, ...Object.fromEntries(passwords) }
  await writeFile(file, (await promisify(execFile)('sh', [RENDER], { env })).stdout)
  server = await startRedis({ args: [...FLUSHED_ALWAYS, '--aclfile', file] })
  operator = new Redis(urlOf('operator'))
})

beforeEach(async () => {
  await operator.flushall()
  await operator.call('ACL', 'LOG', 'RESET')
})

afterAll(async () => {
  operator.disconnect()
  await server[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

function urlOf(user: string): string {
  const url = new URL(server.url)
  url.username = user
  url.password = passwordOf(user)
  return url.href
}

const follow = (user: string, of: { repair?: RepairTruth; instance?: Follower['instance'] } = {}) =>
  createFollower({ redisUrl: urlOf(user), name: user, logger, leaseMs: 500, ...of })

/** What the server refused since the test began. */
async function refusals(): Promise<string[]> {
  const entries = (await operator.call('ACL', 'LOG')) as string[][]
  return entries.map((entry) => `${entry[9]}: ${entry[7]}`)
}

async function openGateway() {
  await using owned = new AsyncDisposableStack()
  const instance = createId('ins')
  const store = owned.use(
    await createSessionStore({
      redisUrl: urlOf('gateway'),
      name: 'gateway',
      pepper: secret(7),
      tokenKeys: [secret(9)],
      originator: instance,
    }),
  )
  const follower = owned.use(await follow('gateway', { instance, repair: store.repair }))
  await eventually(() => expect(follower.isFresh()).toBe(true))
  const all = owned.move()
  return { store, follower, [Symbol.asyncDispose]: () => all.disposeAsync() }
}

async function useEverySessionScript(store: SessionStore) {
  const subject = 'usr_ada'
  const claims = { version: 1, roles: [], permissions: [], memberships: {}, custom: {} }
  const { token, session, position } = await store.start({
    subject,
    methods: ['pwd'],
    device: { kind: 'browser', label: 'laptop' },
  })
  await store.load(token)
  await store.touch([{ id: session.id, ageMs: 0 }])
  await store.list(subject)
  await store.switchOrganization(session.id, 'org_acme')
  const renewed = await store.renew(session.id, { subject, methods: ['pwd', 'otp'] })
  await store.storeClaims(subject, claims, { position, nonce: 'n' })
  await store.preview({ subject })
  await store.revoke({ session: renewed.session.id }, { cause: 'test', id: createId('chg') })
  await store.revoke({ organization: 'org_acme' }, { cause: 'test', id: createId('chg') })
  await store.revoke({ everyone: true, beganBefore: new Date() }, { cause: 'test' })
}

test('a gateway does all it does with the permissions of its user, and its receipts are durable', async () => {
  await using gateway = await openGateway()
  const { store, follower } = gateway
  await useEverySessionScript(store)
  await using orders = await follow('orders')
  await eventually(() => expect(orders.isFresh()).toBe(true))
  const startedAt = performance.now()
  const { ended: _, ...made } = await store.revoke({ subject: 'usr_ada' }, { cause: 'test' })
  const change = { ...made, id: createId('chg'), startedAt, wait: 'durable' } as const
  await eventually(async () => {
    expect(await follower.enforce(change)).toMatchObject({
      level: 'enforced',
      durable: true,
      instances: [{ id: orders.instance, state: 'acknowledged' }],
    })
  })
  expect(await refusals()).toEqual([])
})

test('after a restart a gateway opens a history, repairs the truth and raises the barrier', async () => {
  await using gateway = await openGateway()
  const { store, follower } = gateway
  const { session } = await store.start({ subject: 'usr_ada', methods: ['pwd'] })
  await store.revoke({ session: session.id }, { cause: 'test' })
  await eventually(() => expect(follower.position.seq).toBeGreaterThan(0))
  const { epoch } = follower.position
  await operator.set('pc:{0}:epoch', '0 gone run repl')
  await eventually(() => {
    expect(follower.position.epoch).toBeGreaterThan(epoch)
    expect(follower.isFresh()).toBe(true)
  })
  expect(await refusals()).toEqual([])
})

test('accounts follows, and announces changes of claims; its own receipts are not durable', async () => {
  await using gateway = await openGateway()
  await using accounts = await follow('accounts')
  const publishing = { redisUrl: urlOf('accounts'), name: 'accounts', pepper: secret(7) }
  await using publisher = createClaimsPublisher(publishing)
  const claims = { subject: 'usr_ada', version: 2, id: createId('chg'), cause: 'test' } as const
  await publisher.publish(claims, accounts.instance)
  const published = await publisher.publish(claims, accounts.instance)
  await eventually(() => expect(gateway.follower.position).toEqual(published.position))
  const startedAt = performance.now()
  const receipt = await accounts.enforce({ ...published, id: claims.id, startedAt })
  expect(receipt).toMatchObject({ level: 'enforced', durable: false })
  // Settings are not told to this user.
  expect(await refusals()).toEqual(['accounts: config|get'])
})

test('a service follows, acknowledges, reads the log and leaves, and can do nothing a gateway does', async () => {
  await using gateway = await openGateway()
  {
    await using orders = await follow('orders')
    await eventually(() => expect(orders.isFresh()).toBe(true))
    await gateway.store.revoke({ subject: 'usr_ada' }, { cause: 'test' })
    await eventually(() => expect(orders.position).toEqual(gateway.follower.position))
    expect((await orders.readLog({ epoch: 1, seq: 0 }, 10)).events).not.toEqual([])
  }
  expect(await refusals()).toEqual([])
  const opening = createSessionStore({
    redisUrl: urlOf('orders'),
    name: 'orders',
    pepper: secret(7),
    tokenKeys: [secret(9)],
  })
  await expect(opening).rejects.toThrow()
  const publishing = { redisUrl: urlOf('orders'), name: 'orders', pepper: secret(7) }
  await using publisher = createClaimsPublisher(publishing)
  const claims = { subject: 'usr_ada', version: 3, id: createId('chg'), cause: 'test' } as const
  await expect(publisher.publish(claims)).rejects.toMatchObject({ code: 'ERR_REDIS_REFUSED' })
})

test('a relay has what it needs in the permissions of the gateway', async () => {
  await using gateway = await openGateway()
  const options = { redisUrl: urlOf('gateway'), name: 'gateway', clock: systemClock }
  using relay = await createRelay(options)
  const instance = createId('ins')
  const { position: applied } = gateway.follower
  const rest = {
    drives: false,
    leaseMs: 500,
    applied,
    repaired: '',
    met: { counter: 0, random: '' },
    fences: 1,
  }
  const fence = { instance, after: -1, limit: 10, listsMembers: true }
  const record = { service: 'orders', ...rest }
  const answer = await relay.answer('fence', 'orders', { ...fence, record })
  expect(answer).toMatchObject({ isProven: true })
  const said = { instance, originators: [gateway.follower.instance], position: applied }
  await relay.answer('acknowledgements', 'orders', said)
  await relay.answer('log', 'orders', { after: { epoch: 1, seq: 0 }, limit: 10 })
  await relay.answer('leave', 'orders', { instance })
  relay.hear({ instance }, () => undefined)()
  expect(await refusals()).toEqual([])
})
