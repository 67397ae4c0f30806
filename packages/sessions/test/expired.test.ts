import { eventually } from '@portcullis/testing'
import { expect, test } from 'vitest'
import { profilesEnding, startStores } from './harness.ts'

const ada = {
  subject: 'usr_ada',
  methods: ['pwd'],
  device: { kind: 'browser', label: 'a' },
} as const
const short = { ...ada, profile: 'aal3' } as const
const profiles = { ...profilesEnding({}), aal3: { absoluteSeconds: 1, idleSeconds: 0 } }

/** What there is of people's sessions and of their labels. */
async function stored({ admin, keys }: Awaited<ReturnType<typeof startStores>>) {
  const counts = async (pattern: string) =>
    Promise.all((await admin.keys(pattern)).map((key) => admin.hlen(key)))
  return { sessions: await counts(keys.sessions('*')), labels: await counts(keys.labels('*')) }
}

test('what has expired beside a live session leaves with the next sign-in, so nothing has to be swept', async () => {
  await using stores = await startStores()
  await using store = await stores.open({ profiles, maxSessionsPerSubject: 3 })
  await store.start({ ...ada, profile: 'aal1' })
  for (const _ of ['first', 'second', 'third']) {
    await store.start(short)
    await store.start(short)
    // The person's name, one that lives and two that will not: those before have left.
    expect(await stored(stores)).toEqual({ sessions: [4], labels: [3] })
    await eventually(async () => expect(await store.list('usr_ada')).toHaveLength(1))
  }
})

test('a person whose last session has expired leaves nothing behind', async () => {
  await using stores = await startStores()
  await using store = await stores.open({ profiles })
  await store.start(short)
  await store.start(short)
  await eventually(async () => expect(await stored(stores)).toEqual({ sessions: [], labels: [] }))
})
