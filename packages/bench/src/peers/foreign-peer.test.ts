import { findFreePort, findRedisServer } from '@portcullis/testing'
import { Redis } from 'ioredis'
import { expect, test } from 'vitest'
import { startForeignPeer } from './foreign-peer.ts'
import { processorUsOf } from './processor-time.ts'

/** Keeps a server busy for a while: some 300 ms of processor time, of which an answer is the end. */
const BUSY = 'local n = 0 for i = 1, 30000000 do n = n + i end return n'

test('what a foreign server used is counted as the operating system counts it', async () => {
  const { command } = await findRedisServer()
  const port = await findFreePort()
  await using peer = await startForeignPeer({
    command,
    args: ['--port', String(port), '--bind', '127.0.0.1', '--save', ''],
    url: `redis://127.0.0.1:${port}`,
    readyLine: /Ready to accept connections/,
  })
  const redis = new Redis(peer.url)
  try {
    const [before, said] = [await peer.processorUs(), await usedUs(redis)]
    await redis.eval(BUSY, 0)
    const used = (await peer.processorUs()) - before
    const saidUsed = (await usedUs(redis)) - said
    expect(saidUsed).toBeGreaterThan(50_000)
    // Two readings that are not at the same instant, in steps of 10 ms.
    expect(Math.abs(used - saidUsed)).toBeLessThan(saidUsed * 0.2 + 30_000)
  } finally {
    redis.disconnect()
  }
})

test('there is no time of a process that does not exist', async () => {
  await expect(processorUsOf(2 ** 30)).rejects.toThrow('no process')
})

async function usedUs(redis: Redis): Promise<number> {
  const info = await redis.info('cpu')
  const used = (kind: string) => Number(new RegExp(`^used_cpu_${kind}:(\\S+)`, 'm').exec(info)?.[1])
  return (used('user') + used('sys')) * 1_000_000
}
