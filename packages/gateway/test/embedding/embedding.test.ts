import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { declareNewInstallation } from '@portcullis/revocation'
import { findFreePort, startProcess, startRedis } from '@portcullis/testing'
import { expect, test } from 'vitest'
import { createVisitor } from '../support/start-gateway.ts'
import { startUpstream } from '../support/upstream.ts'

const WITH_SESSIONS = fileURLToPath(new URL('./with-sessions.ts', import.meta.url))
const WITHOUT_SESSIONS = fileURLToPath(new URL('./without-sessions.ts', import.meta.url))
const README = fileURLToPath(new URL('../../README.md', import.meta.url))

/** Runs a program of the README until the test is over. */
async function run(program: string, settings: NodeJS.ProcessEnv) {
  const port = await findFreePort()
  const started = await startProcess({
    command: process.execPath,
    args: [program],
    env: { ...settings, PORT: String(port) },
    readyLine: /listening at/,
  })
  return { started, url: `http://127.0.0.1:${port}` }
}

test('the README shows both programs as they are compiled and run here', async () => {
  const readme = await readFile(README, 'utf8')
  for (const program of [WITH_SESSIONS, WITHOUT_SESSIONS]) {
    expect(readme).toContain(`\`\`\`ts\n${await readFile(program, 'utf8')}\`\`\`\n`)
  }
})

test('a gateway in a program of a team’s own signs people in, serves them, and leaves when it is told to', async () => {
  await using redis = await startRedis()
  await declareNewInstallation({ redisUrl: redis.url })
  await using orders = await startUpstream('orders')
  const SECRET = randomBytes(32).toString('base64url')
  const settings = { REDIS_URL: redis.url, ORDERS_URL: orders.url, SECRET }
  const { started, url } = await run(WITH_SESSIONS, settings)
  await using _ = started
  const ada = createVisitor(url)
  await ada.signIn()
  const [me, hello] = await Promise.all([ada.api.session.me.query(), ada.api.orders.hello.query()])
  expect(me).toMatchObject({ subject: 'usr_ada' })
  expect(hello).toBe('hello')
  expect(orders.seen.at(-1)?.headers).toHaveProperty('x-portcullis-context')
  expect(await started.stop()).toMatchObject({ code: 0 })
})

test('one without sessions needs no Redis, and sends what no service is for to the server that was there before', async () => {
  await using orders = await startUpstream('orders')
  await using server = await startUpstream('legacy')
  const settings = { ORDERS_URL: orders.url, SERVER_URL: server.url }
  const { started, url } = await run(WITHOUT_SESSIONS, settings)
  await using _ = started
  const response = await fetch(`${url}/orders.hello,legacy.hello?batch=1`)
  expect(await response.json()).toEqual([
    { result: { data: 'hello' } },
    { result: { data: 'hello' } },
  ])
  expect(orders.seen.at(-1)?.url).toBe('/orders.hello?batch=1&input=%7B%7D')
  expect(server.seen.at(-1)?.url).toBe('/legacy.hello?batch=1&input=%7B%7D')
  expect(await started.stop()).toMatchObject({ code: 0 })
})
