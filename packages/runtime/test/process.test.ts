import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const FIXTURE = fileURLToPath(new URL('./fixtures/run.ts', import.meta.url))

/** Runs the fixture, sends `signals` once it is up, and tells how it ended. */
async function run(behaviour: string, signals: NodeJS.Signals[] = []) {
  const child = spawn(process.execPath, [FIXTURE, behaviour])
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (data: Buffer) => {
      const wasUp = output.includes('is up')
      output += data
      if (!wasUp && output.includes('is up')) for (const signal of signals) child.kill(signal)
    })
  }
  const [code] = await once(child, 'close')
  return { code, output }
}

test.each(['SIGINT', 'SIGTERM'] as const)('%s disposes and exits with 0', async (signal) => {
  const { code, output } = await run('serves', [signal])
  expect(output).toContain('disposing')
  expect(code).toBe(0)
})

test('a second signal does not cut the disposal short', async () => {
  const { code, output } = await run('serves', ['SIGINT', 'SIGTERM'])
  expect(output.match(/disposing/g)).toHaveLength(1)
  expect(code).toBe(0)
})

test('a failed start prints its message and exits with 1', async () => {
  const { code, output } = await run('fails to start')
  expect(output).toBe('fixture could not start. the port is taken\n')
  expect(code).toBe(1)
})

test.each(['fails to stop', 'never stops'])('a process that %s exits with 1', async (behaviour) => {
  const { code } = await run(behaviour, ['SIGTERM'])
  expect(code).toBe(1)
})

test('an exception that nobody caught is logged, disposes and exits with 1', async () => {
  const { code, output } = await run('throws')
  expect(output).toMatch(/nobody caught this.*disposing/s)
  expect(code).toBe(1)
})
