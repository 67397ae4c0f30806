import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { eventually, findFreePort, startProcess } from '../src/index.ts'

const FAMILY = fileURLToPath(new URL('./fixtures/family.ts', import.meta.url))

const node = (script: string) => ({ command: process.execPath, args: ['-e', script] })

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

const pidsIn = (line: string) => line.split(' ').slice(1).map(Number)

const eventuallyGone = (pids: number[]) =>
  eventually(() => expect(pids.filter(isAlive)).toEqual([]), { timeoutMs: 10_000 })

test('a process is ready once it writes its line', async () => {
  await using started = await startProcess({
    ...node('setTimeout(() => console.log("port 1"), 50); setInterval(() => {}, 1e3)'),
    readyLine: /^port \d$/,
  })
  expect(started.output()).toBe('port 1\n')
})

test('a process is ready once its URL answers', async () => {
  const port = await findFreePort()
  const url = `http://127.0.0.1:${port}/`
  const script = `require('http').createServer((_, r) => r.end('ok')).listen(${port})`
  await using _ = await startProcess({ ...node(script), readyUrl: url })
  await expect(fetch(url).then((response) => response.text())).resolves.toBe('ok')
})

test('a process that ends before it is ready is an error that shows what it wrote', async () => {
  const started = startProcess({
    ...node('console.error("no such key"); process.exit(3)'),
    readyLine: /x/,
  })
  await expect(started).rejects.toMatchObject({
    code: 'ERR_PROCESS_EXITED',
    message: expect.stringContaining('no such key'),
  })
})

test('a process that is not ready in time is an error and is stopped', async () => {
  let pid = 0
  const started = startProcess({
    ...node('console.log(process.pid); setInterval(() => {}, 1e3)'),
    readyLine: /never/,
    readyTimeoutMs: 500,
    onLine: (line) => {
      pid = Number(line)
    },
  })
  await expect(started).rejects.toMatchObject({ code: 'ERR_PROCESS_NOT_READY' })
  expect(isAlive(pid)).toBe(false)
})

test('a command that does not exist is an error', async () => {
  const started = startProcess({ command: '/no/such/command' })
  await expect(started).rejects.toMatchObject({ code: 'ERR_PROCESS_EXITED' })
})

test('only what is given reaches the environment', async () => {
  process.env['PORTCULLIS_LEAK'] = 'leaked'
  await using started = await startProcess({
    ...node('console.log(process.env.PORTCULLIS_LEAK, process.env.GIVEN)'),
    env: { GIVEN: 'yes' },
  })
  await started.exited
  expect(started.output()).toBe('undefined yes\n')
})

test('stop ends a process that ignores SIGTERM, and its children', async () => {
  const started = await startProcess({
    command: process.execPath,
    args: [FAMILY, 'child'],
    readyLine: /^family /,
  })
  const pids = pidsIn(started.output().trim())
  await expect(started.stop({ timeoutMs: 100 })).resolves.toMatchObject({ signal: 'SIGKILL' })
  await eventuallyGone(pids)
})

test('no process outlives a parent that was killed', async () => {
  const parent = spawn(process.execPath, [FAMILY, 'parent'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let pids: number[] = []
  for await (const line of createInterface({ input: parent.stdout })) {
    if (line.startsWith('family ')) pids = pidsIn(line)
    if (line.startsWith('child is')) break
  }
  expect(pids.filter(isAlive)).toHaveLength(2)
  parent.kill('SIGKILL')
  await once(parent, 'exit')
  await eventuallyGone(pids)
})
