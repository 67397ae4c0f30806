import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { probeRedis, startRedis } from '@portcullis/testing'
import { expect, test } from 'vitest'
import { provideRedis } from '../src/provide-redis.ts'

const NOWHERE = 'redis://127.0.0.1:1'

async function needs(localUrl: string, environment: NodeJS.ProcessEnv = {}) {
  const said: string[] = []
  const folder = await mkdtemp(join(tmpdir(), 'portcullis-provide-'))
  return { said, localUrl, environment, folder, say: (line: string) => void said.push(line) }
}

test('REDIS_URL comes first, jobs one database further', async () => {
  const redis = await provideRedis(await needs(NOWHERE, { REDIS_URL: 'redis://db:6379/3' }))
  expect(redis).toMatchObject({ url: 'redis://db:6379/3', jobsUrl: 'redis://db:6379/4' })
})

test('a server that suits is shared and outlives us', async () => {
  await using server = await startRedis()
  const redis = await provideRedis(await needs(server.url))
  expect(redis.url).toBe(server.url)
  await redis[Symbol.asyncDispose]()
  expect(await probeRedis(server.url)).not.toBeNull()
})

test('a server that evicts is left alone, which is said, and our own does not evict', async () => {
  await using evicting = await startRedis({ args: ['--maxmemory-policy', 'allkeys-lru'] })
  const options = await needs(evicting.url)
  await using redis = await provideRedis(options)
  expect(redis.url).not.toContain(evicting.url)
  expect(options.said.join()).toContain('allkeys-lru')
  expect(await probeRedis(redis.url)).toMatchObject({ maxmemoryPolicy: 'noeviction' })
})
