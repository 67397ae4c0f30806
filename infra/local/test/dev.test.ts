import { mkdtemp } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { eventually, startProcess, startRedis } from '@portcullis/testing'
import { expect, test } from 'vitest'

const DEV = fileURLToPath(new URL('../src/dev.ts', import.meta.url))

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' })
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false))
    socket.on('connect', () => socket.destroy())
  })
}

test('dev says where and with which sign-in, and SIGINT leaves nothing behind', {
  timeout: 180_000,
}, async () => {
  await using redis = await startRedis()
  await using dev = await startProcess({
    command: process.execPath,
    args: [DEV, '--state', await mkdtemp(join(tmpdir(), 'portcullis-dev-'))],
    env: { REDIS_URL: redis.url },
    readyLine: /Portcullis is up/,
    readyTimeoutMs: 120_000,
  })
  const portAfter = async (name: string) => {
    const pattern = new RegExp(`^  ${name} .*?:(\\d+)(\\s|/)`, 'm')
    return eventually(() => Number(pattern.exec(dev.output())?.[1] ?? expect.fail(`no ${name}`)))
  }
  const ports = await Promise.all(
    ['gateway', 'accounts', 'orders', 'worker', 'postgres'].map(portAfter),
  )
  const signIn = await fetch(`http://127.0.0.1:${ports[0]}/session.signIn`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: 'ada@example.com', password: 'portcullis' }),
  })
  expect(signIn.status).toBe(200)

  dev.signal('SIGINT')
  expect(await dev.exited).toMatchObject({ code: 0 })
  expect(await Promise.all(ports.map(isListening))).toEqual(ports.map(() => false))
})
