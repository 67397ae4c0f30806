import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { eventually, findFreePort, findRedisServer, startProcess } from '@portcullis/testing'
import { Redis } from 'ioredis'
import { expect, test } from 'vitest'
import { connectRedis, whenReady } from '../src/index.ts'

const START = fileURLToPath(new URL('../../../infra/redis/start.sh', import.meta.url))
const USERS = ['gateway', 'accounts', 'orders', 'worker', 'replication', 'sentinel', 'operator']
const passwordOf = (user: string) => `${user}-0123456789`
const PASSWORDS = Object.fromEntries(
  USERS.map((user) => [`${user.toUpperCase()}_PASSWORD`, passwordOf(user)]),
)

/** Three servers and three sentinels, each from the configuration that infra/redis ships. */
async function startInstallation() {
  const owned = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'portcullis-infra-'))
  owned.defer(() => rm(folder, { recursive: true, force: true }))
  const { command } = await findRedisServer()
  const ports = await Promise.all(Array.from({ length: 6 }, () => findFreePort()))
  const nodePorts = ports.slice(0, 3)
  const sentinelPorts = ports.slice(3)

  const start = (kind: 'node' | 'sentinel', port: number) =>
    startProcess({
      command: 'sh',
      args: [START, kind],
      env: {
        ...PASSWORDS,
        REDIS_SERVER: command,
        FOLDER: join(folder, String(port)),
        BIND: '127.0.0.1',
        ADDRESS: `localhost:${port}`,
        FIRST_PRIMARY: `localhost:${nodePorts[0]}`,
      },
      readyLine: kind === 'node' ? /Ready to accept connections/ : /\+monitor master/,
    })
  const nodes = await Promise.all(nodePorts.map((port) => start('node', port)))
  const sentinels = await Promise.all(sentinelPorts.map((port) => start('sentinel', port)))
  for (const started of [...nodes, ...sentinels]) {
    owned.defer(async () => {
      started.signal('SIGKILL')
      await started.exited
    })
  }
  const hosts = sentinelPorts.map((port) => `localhost:${port}`).join(',')
  const urlOf = (user: string) =>
    `redis+sentinel://${user}:${passwordOf(user)}@${hosts}/0?name=portcullis`
  const dispose = () => owned.disposeAsync()
  return { nodes, nodePorts, sentinelPorts, urlOf, [Symbol.asyncDispose]: dispose }
}

async function ask(port: number, user: string | null, ...[name = '', ...args]: string[]) {
  const who = user === null ? {} : { username: user, password: passwordOf(user) }
  const options = {
    ...who,
    enableReadyCheck: false,
    disableClientInfo: true,
    commandTimeout: 1_000,
  }
  const redis = new Redis(port, 'localhost', { ...options, retryStrategy: () => null })
  redis.on('error', () => {})
  try {
    return await redis.call(name, ...args)
  } finally {
    redis.disconnect()
  }
}

test('the configurations shipped fail over, with every user limited to what it needs', async () => {
  await using installation = await startInstallation()
  const { nodes, nodePorts, sentinelPorts, urlOf } = installation
  const gateway = connectRedis({ url: urlOf('gateway'), role: 'commands', name: 'gateway' })
  const orders = connectRedis({ url: urlOf('orders'), role: 'commands', name: 'orders' })
  try {
    await Promise.all([whenReady(gateway, 10_000), whenReady(orders, 10_000)])
    const write = () => gateway.set('pc:{0}:head', '1 n')
    await eventually(write, { timeoutMs: 10_000 })
    expect(await orders.get('pc:{0}:head')).toBe('1 n')
    await expect(orders.set('pc:{0}:head', '2 n')).rejects.toThrow('NOPERM')

    const isWatched = async (port: number) => {
      const quorum = await ask(port, 'sentinel', 'SENTINEL', 'CKQUORUM', 'portcullis')
      expect(quorum).toContain('OK 3 usable')
      const known = await ask(port, 'sentinel', 'SENTINEL', 'REPLICAS', 'portcullis')
      expect(known).toHaveLength(2)
    }
    const watched = sentinelPorts.map((port) =>
      eventually(() => isWatched(port), { timeoutMs: 15_000 }),
    )
    await Promise.all(watched)
    await eventually(async () => expect(await gateway.call('WAIT', 2, 500)).toBe(2))
    const asked = ask(sentinelPorts[0] ?? 0, null, 'SENTINEL', 'FAILOVER', 'portcullis')
    await expect(asked).rejects.toThrow('NOPERM')

    nodes[0]?.signal('SIGKILL')
    await eventually(write, { timeoutMs: 20_000 })
    const port = /tcp_port:(\d+)/.exec(await gateway.info('server'))?.[1]
    expect(nodePorts.slice(1)).toContain(Number(port))
    for (const each of nodePorts.slice(1)) {
      const refusals = JSON.stringify(await ask(each, 'operator', 'ACL', 'LOG'))
      expect(refusals).not.toMatch(/"(sentinel|replication|gateway)"/)
    }
  } finally {
    gateway.disconnect()
    orders.disconnect()
  }
}, 60_000)
