import { fileURLToPath } from 'node:url'
import { generateSigningKey } from '@portcullis/context'
import { findFreePort, startProcess, startRedis } from '@portcullis/testing'
import { expect, it } from 'vitest'

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url))

it('starts without accounts, says that it is healthy and ready, and ends with 0 on SIGTERM', async () => {
  await using redis = await startRedis()
  const port = await findFreePort()
  const url = `http://127.0.0.1:${port}`
  await using worker = await startProcess({
    command: process.execPath,
    args: [MAIN],
    env: {
      PORT: String(port),
      JOBS_REDIS_URL: `${redis.url}/1`,
      ACCOUNTS_URL: `http://127.0.0.1:${await findFreePort()}`,
      PORTCULLIS_SIGNING_KEY: JSON.stringify(await generateSigningKey()),
    },
    readyUrl: `${url}/readyz`,
  })
  expect((await fetch(`${url}/healthz`)).status).toBe(200)
  expect((await fetch(`${url}/elsewhere`)).status).toBe(404)
  expect(await worker.stop()).toEqual({ code: 0, signal: null })
})

it('says every mistake of its environment, and no value, before it ends with 1', async () => {
  await using worker = await startProcess({
    command: process.execPath,
    args: [MAIN],
    env: { ACCOUNTS_URL: 'nowhere', PORTCULLIS_SIGNING_KEY: '{"d":"hunter2"}' },
  })
  expect((await worker.exited).code).toBe(1)
  const output = worker.output()
  for (const name of ['JOBS_REDIS_URL', 'ACCOUNTS_URL', 'PORTCULLIS_SIGNING_KEY']) {
    expect(output).toContain(name)
  }
  expect(output).not.toContain('hunter2')
})
