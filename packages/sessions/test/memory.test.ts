import { createId } from '@portcullis/context'
import { expect, test } from 'vitest'
import type { SessionStore } from '../src/index.ts'
import { startStores } from './harness.ts'

const SUBJECTS = 100_000
const AT_ONCE = 250

test('at 100,000 subjects one session takes at most 320 bytes of Redis, a further one 110', async () => {
  await using stores = await startStores()
  await using store = await stores.open()
  const subjects = Array.from({ length: SUBJECTS }, () => createId('usr'))
  const organization = createId('org')
  const startAll = () =>
    inBatches(subjects, (subject) => startOne(store, { subject, organization }))

  const empty = await usedMemory(stores.admin)
  await startAll()
  const one = await usedMemory(stores.admin)
  await startAll()
  const two = await usedMemory(stores.admin)

  const first = (one - empty) / SUBJECTS
  const further = (two - one) / SUBJECTS
  process.stdout.write(`bytes a subject with one session ${first}, a further session ${further}\n`)
  expect(first).toBeLessThanOrEqual(320)
  expect(further).toBeLessThanOrEqual(110)
}, 180_000)

function startOne(
  store: SessionStore,
  of: { subject: `usr_${string}`; organization: `org_${string}` },
) {
  return store.start({ ...of, methods: ['pwd', 'otp'], device: { kind: 'browser' } })
}

async function inBatches<Item>(items: readonly Item[], run: (item: Item) => Promise<unknown>) {
  for (let i = 0; i < items.length; i += AT_ONCE) {
    await Promise.all(items.slice(i, i + AT_ONCE).map(run))
  }
}

/** Bytes in data, without the connections' and the replication's buffers. */
async function usedMemory(admin: { call(...args: [string, ...string[]]): Promise<unknown> }) {
  const stats = (await admin.call('MEMORY', 'STATS')) as unknown[]
  const at = (name: string) => Number(stats[stats.indexOf(name) + 1])
  return at('dataset.bytes') + at('overhead.total') - at('clients.normal')
}
