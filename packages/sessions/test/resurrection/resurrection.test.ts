import { expect, test } from 'vitest'
import { startStores } from '../harness.ts'
import { countResurrections } from './contender.ts'
import { createExpressSession } from './express-session.ts'
import { createPortcullis } from './portcullis.ts'

const SEED = 20_261_122

test('in 10,000 schedules no request in flight brings a signed-out session back', async () => {
  await using stores = await startStores()
  await using requests = await stores.open()
  await using signOuts = await stores.open()
  await using contender = createPortcullis(requests, signOuts)
  const options = { schedules: 10_000, seed: SEED, atOnce: 16 }
  expect(await countResurrections(contender, options)).toBe(0)
}, 120_000)

test('the same schedules do bring sessions of express-session with connect-redis back', async () => {
  await using stores = await startStores()
  await using contender = await createExpressSession(stores.redis.url)
  const options = { schedules: 200, seed: SEED, atOnce: 8 }
  const resurrections = await countResurrections(contender, options)
  process.stdout.write(`express-session: ${resurrections} of 200 sessions came back\n`)
  expect(resurrections).toBeGreaterThan(0)
}, 120_000)
