import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { acquireLock } from '../src/exclusive-lock.ts'
import { startProcess } from '../src/index.ts'

const newLockFile = async () => join(await mkdtemp(join(tmpdir(), 'portcullis-lock-')), 'lock')

test('a second holder waits for the first', async () => {
  const file = await newLockFile()
  const first = await acquireLock(file, { timeoutMs: 0 })
  await expect(acquireLock(file, { timeoutMs: 0 })).rejects.toMatchObject({
    code: 'ERR_LOCK_TIMEOUT',
  })
  let hasWaited = false
  const second = acquireLock(file, {
    timeoutMs: 5_000,
    onWait: () => {
      hasWaited = true
      first[Symbol.dispose]()
    },
  })
  await using _ = { [Symbol.asyncDispose]: async () => (await second)[Symbol.dispose]() }
  await second
  expect(hasWaited).toBe(true)
})

test('a holder that was killed leaves no lock behind', async () => {
  const file = await newLockFile()
  const lockModule = new URL('../src/exclusive-lock.ts', import.meta.url).href
  const script = `import { acquireLock } from ${JSON.stringify(lockModule)}
    await acquireLock(${JSON.stringify(file)}, { timeoutMs: 0 })
    console.log('held')
    setInterval(() => {}, 1e3)`
  const holder = await startProcess({
    command: process.execPath,
    args: ['--input-type=module', '-e', script],
    readyLine: /held/,
  })
  await expect(acquireLock(file, { timeoutMs: 0 })).rejects.toThrow()
  holder.signal('SIGKILL')
  using _ = await acquireLock(file, { timeoutMs: 5_000 })
})
