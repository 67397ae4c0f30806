import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type RedisServer, startRedis } from '@portcullis/testing'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { FORBIDDEN } from './acl/forbidden.ts'
import { acknowledgements, type Command, keys, members, sessions } from './acl/names.ts'
import { SERVICES, WORK } from './acl/work.ts'

const USERS = ['gateway', 'accounts', 'orders', 'worker', 'replication', 'sentinel', 'operator']
const RENDER = fileURLToPath(new URL('../../../infra/redis/render-users.sh', import.meta.url))
const passwordOf = (user: string) => `${user}-0123456789`

const { epoch, head, log, hints, pepper } = keys

let server: RedisServer
let folder: string
let operator: Redis
const connections = new Map<string, Redis>()

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'portcullis-acl-'))
  const file = join(folder, 'users.acl')
  await writeFile(file, await renderUsers())
  server = await startRedis({ args: ['--aclfile', file] })
  for (const user of USERS) connections.set(user, connectAs(user))
  operator = connectionOf('operator')
  await operator.set(epoch, '1 r id').then(() => operator.set(head, '1 n'))
  await operator.xadd(log, '1-1', 'k', 'session.revoked')
  await operator.hset(members, 'ins_other', 'record')
  await operator.hset(sessions, 's', 'usr_ada')
})

afterAll(async () => {
  for (const redis of connections.values()) redis.disconnect()
  await server[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

async function renderUsers(passwords = passwordOf): Promise<string> {
  const env = Object.fromEntries(USERS.map((u) => [`${u.toUpperCase()}_PASSWORD`, passwords(u)]))
  const { stdout } = await promisify(execFile)('sh', [RENDER], { env: { ...process.env, ...env } })
  return stdout
}

function connectAs(username: string, password = passwordOf(username)): Redis {
  const options = { username, password, enableReadyCheck: false, disableClientInfo: true }
  const redis = new Redis(server.port, '127.0.0.1', { ...options, retryStrategy: () => null })
  redis.on('error', () => {})
  return redis
}

function connectionOf(user: string): Redis {
  const redis = connections.get(user)
  if (!redis) throw new TypeError(`no connection of ${user}`)
  return redis
}

const run = (user: string, [name, ...args]: Command) => connectionOf(user).call(name, ...args)

/** Runs commands in one script, as the scripts do; all keys are declared. */
function runInScript(user: string, declared: readonly string[], commands: readonly Command[]) {
  const lua = `#!lua flags=allow-oom
for _, command in ipairs(cjson.decode(ARGV[1])) do redis.call(unpack(command)) end`
  const written = JSON.stringify(commands.map((command) => command.map(String)))
  return connectionOf(user).call('EVAL', lua, declared.length, ...declared, written)
}

// NOPERM at the top level; 7.0 has other words for it in a script, and some commands no script may run.
const REFUSED = /^NOPERM|The user executing the script can't|is not allowed from script/

describe.each(WORK)('%s', (_, allowed, declared, commands) => {
  test.each([...allowed])('%s may', async (user) => {
    await runInScript(user, declared, commands)
  })

  test.each(SERVICES.filter((user) => !allowed.includes(user)))('%s may not', async (user) => {
    await expect(runInScript(user, declared, commands)).rejects.toThrow(REFUSED)
  })
})

describe('outside of scripts', () => {
  test.each(SERVICES)(
    '%s connects, hears hints, acknowledges and waits for replicas',
    async (user) => {
      const redis = connectionOf(user)
      await redis.client('SETNAME', `${user}:fence`)
      await redis.info()
      await redis.ping()
      await redis.script('LOAD', 'return 1')
      expect(await redis.call('WAIT', 0, 1)).toBe(0)
      expect(await redis.publish(acknowledgements, 'ins_me 1-1')).toBe(0)
      const subscriber = connectAs(user)
      await subscriber.subscribe(hints, 'pc:{0}:acks:ins_me')
      await subscriber.unsubscribe()
      subscriber.disconnect()
    },
  )

  test.each(['gateway', 'accounts'])('%s compares the pepper', async (user) => {
    await connectionOf(user).setnx(pepper, 'fingerprint')
    expect(await connectionOf(user).get(pepper)).toBe('fingerprint')
  })

  test('worker works off jobs, in a database of their own', async () => {
    const worker = connectAs('worker')
    await worker.select(1)
    await worker.call('EVAL', "return redis.call('LPUSH', KEYS[1], 1)", 1, '{pc-jobs}:q:wait')
    expect(await worker.rpop('{pc-jobs}:q:wait')).toBe('1')
    worker.disconnect()
  })
})

describe.each(Object.entries(FORBIDDEN))('%s is refused', (user, commands) => {
  test.each(commands.map((command) => [command.join(' '), command] as const))(
    '%s',
    async (_, command) => {
      await expect(run(user, command)).rejects.toThrow(/^NOPERM/)
      await expect(runInScript(user, [], [command])).rejects.toThrow(REFUSED)
    },
  )

  test('all of it, without a trace in the data', async () => {
    const before = await contents()
    for (const command of commands) {
      await run(user, command).catch(() => {})
      await runInScript(user, [], [command]).catch(() => {})
    }
    expect(await contents()).toEqual(before)
  })
})

async function contents(): Promise<unknown> {
  const names = (await operator.keys('*')).sort()
  return Promise.all(names.map(async (name) => [name, await operator.dumpBuffer(name)]))
}

test('nobody gets in without a name and a password', async () => {
  const nobody = new Redis(server.port, { enableReadyCheck: false, disableClientInfo: true })
  nobody.on('error', () => {})
  await expect(nobody.get(epoch)).rejects.toThrow('NOAUTH')
  nobody.disconnect()
  for (const user of USERS) {
    await expect(connectionOf('operator').call('AUTH', user, 'x')).rejects.toThrow('WRONGPASS')
  }
})

test('passwords that are short or need quoting are refused before a file is written', async () => {
  for (const bad of ['', 'short', 'with space 0123456', 'a/b&c-0123456789']) {
    const render = renderUsers((user) => (user === 'orders' ? bad : passwordOf(user)))
    await expect(render).rejects.toThrow('ORDERS_PASSWORD')
    await expect(render).rejects.toMatchObject({ stdout: '' })
  }
  expect(await renderUsers()).not.toContain(passwordOf('orders'))
})
