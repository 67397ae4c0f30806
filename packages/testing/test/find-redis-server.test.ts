import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { findRedisServer } from '../src/index.ts'
import { type RedisInstaller, systemPackages } from '../src/redis/installers.ts'

const server = (version: string) => `#!/bin/sh\necho "Redis server v=${version} sha=0"\n`

/** A machine of its own: a folder that stands for its PATH. */
async function emptyMachine() {
  const path = await mkdtemp(join(tmpdir(), 'portcullis-path-'))
  const add = (name: string, script: string) => writeFile(join(path, name), script, { mode: 0o755 })
  return { path, add }
}

function countingInstaller(path: string, changesSystem = true) {
  const installer = {
    name: 'the counting installer',
    changesSystem,
    installs: 0,
    async install() {
      installer.installs++
      // Long enough for the others to arrive.
      await pause(200)
      await writeFile(join(path, 'redis-server'), server('7.2.4'), { mode: 0o755 })
      return join(path, 'redis-server')
    },
  }
  return installer satisfies RedisInstaller
}

test('a server on PATH is taken, Valkey too', async () => {
  const { path, add } = await emptyMachine()
  await add('valkey-server', server('8.1.1'))
  await expect(findRedisServer({ path, installers: [] })).resolves.toMatchObject({
    command: join(path, 'valkey-server'),
  })
})

test('a server older than 7.0 is not taken', async () => {
  const { path, add } = await emptyMachine()
  await add('redis-server', server('6.0.16'))
  await expect(findRedisServer({ path, installers: [] })).rejects.toMatchObject({
    code: 'ERR_REDIS_NOT_FOUND',
  })
})

test('processes that search at the same time install once', async () => {
  const { path } = await emptyMachine()
  const installer = countingInstaller(path)
  const search = { path, installers: [installer], say: () => {}, install: 'yes' }
  const found = await Promise.all([1, 2, 3].map(() => findRedisServer(search)))
  expect(new Set(found.map(({ command }) => command)).size).toBe(1)
  expect(installer.installs).toBe(1)
})

test('PORTCULLIS_INSTALL=never leaves the system alone', async () => {
  const { path } = await emptyMachine()
  const system = countingInstaller(path)
  await expect(
    findRedisServer({ path, install: 'never', installers: [system] }),
  ).rejects.toMatchObject({ code: 'ERR_REDIS_NOT_FOUND' })
  expect(system.installs).toBe(0)
})

test('an installer that fails is named, and the next one is tried', async () => {
  const { path } = await emptyMachine()
  const said: string[] = []
  const broken: RedisInstaller = {
    name: 'the broken installer',
    changesSystem: false,
    install: async () => Promise.reject(new Error('no network')),
  }
  const installers = [broken, countingInstaller(path)]
  await findRedisServer({ path, install: 'yes', installers, say: (line) => said.push(line) })
  expect(said.join()).toContain('the broken installer')
})

test('the error names the three ways', async () => {
  const { path } = await emptyMachine()
  await expect(findRedisServer({ path, installers: [] })).rejects.toThrow(
    /REDIS_URL.*PATH.*PORTCULLIS_INSTALL/s,
  )
})

test('apt is asked as root alone, without a question, and its service is switched off', async () => {
  const { path, add } = await emptyMachine()
  await add('apt-get', '#!/bin/sh\n')
  const ran: string[] = []
  const run = async (command: string, args: readonly string[]) => {
    ran.push([command, ...args].join(' '))
    if (args[0] === 'install') await add('redis-server', server('7.0.15'))
  }
  const context = { path, say: () => {} }
  await expect(systemPackages(run, false).install(context)).resolves.toBeNull()
  expect(ran).toEqual([])
  await expect(systemPackages(run, true).install(context)).resolves.toBe(join(path, 'redis-server'))
  expect(ran).toEqual([
    expect.stringMatching(/^apt-get update/),
    expect.stringMatching(/^apt-get install -y .* redis-server$/),
    'update-rc.d redis-server disable',
  ])
})
