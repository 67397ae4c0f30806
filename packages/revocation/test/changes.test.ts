import { createId } from '@portcullis/context'
import { type SentinelRedis, startSentinelRedis } from '@portcullis/testing'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ClaimsPublisher, createClaimsPublisher } from '../src/index.ts'
import { PEPPER } from './harness.ts'

let servers: SentinelRedis
let admin: Redis
let publisher: ClaimsPublisher

beforeAll(async () => {
  servers = await startSentinelRedis({ replicas: 2, sentinels: 0 })
  const { url: redisUrl } = servers
  admin = new Redis(redisUrl)
  publisher = createClaimsPublisher({ redisUrl, name: 'publisher', pepper: PEPPER, replicas: 2 })
})

afterAll(async () => {
  admin.disconnect()
  await publisher[Symbol.asyncDispose]()
  await servers[Symbol.asyncDispose]()
})

const newChange = () =>
  ({ subject: 'usr_a', version: 1, id: createId('chg'), cause: 'test' }) as const

test('changes at once share a WAIT, and each knows that a majority has it', async () => {
  await publisher.publish(newChange())
  await admin.config('RESETSTAT')
  const published = await Promise.all(
    Array.from({ length: 50 }, () => publisher.publish(newChange())),
  )
  expect(published.map(({ proof }) => proof.copies)).not.toContain(0)
  expect(new Set(published.map(({ position }) => position.seq)).size).toBe(50)
  expect(await callsOf('wait')).toBeLessThanOrEqual(2)
})

test('a server that forgot its scripts makes each change once', async () => {
  const { position } = await publisher.publish(newChange())
  await admin.script('FLUSH')
  const published = await Promise.all([
    publisher.publish(newChange()),
    publisher.publish(newChange()),
  ])
  const seqs = published.map(({ position: { seq } }) => seq).sort((a, b) => a - b)
  expect(seqs).toEqual([position.seq + 1, position.seq + 2])
})

test('a repeated change is not proven by what reached the replicas before', async () => {
  const change = newChange()
  const { position, proof } = await publisher.publish(change)
  expect(proof.copies).toBeGreaterThan(0)
  const [, ...replicas] = servers.nodes
  for (const replica of replicas) replica.pause()
  const again = await publisher.publish(change).finally(() => {
    for (const replica of replicas) replica.resume()
  })
  expect(again).toMatchObject({ position, proof: { copies: 0 } })
})

async function callsOf(command: string): Promise<number> {
  const stats = await admin.info('commandstats')
  return Number(new RegExp(`^cmdstat_${command}:calls=(\\d+)`, 'm').exec(stats)?.[1] ?? 0)
}
