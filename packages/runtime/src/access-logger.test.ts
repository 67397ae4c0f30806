import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'

const LOGGING = `
  import { createAccessLogger, createBufferedOutput } from '${new URL('./access-logger.ts', import.meta.url)}'
  const output = createBufferedOutput({ bufferBytes: 50_000 })
  const logger = createAccessLogger({ name: 'gateway', output })
  for (let n = 0; n < 2_000; n++) logger.info({ n }, 'call')
  process.stderr.write(String(output.droppedBytes))
  process.exit(0)
`

test('lines beyond the buffer are dropped and counted, and what is in it is written when the process exits', async () => {
  const child = spawn(process.execPath, ['--input-type=module', '-e', LOGGING])
  const written = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const)
    child[name].on('data', (data: Buffer) => {
      written[name] += data
    })
  const [code] = await once(child, 'close')
  expect({ code, ...(code !== 0 && written) }).toEqual({ code: 0 })
  const lines = written.stdout.trimEnd().split('\n')
  expect(Number(written.stderr)).toBeGreaterThan(50_000)
  expect(lines.length).toBeGreaterThan(100)
  expect(lines.map((line) => JSON.parse(line).n)).toEqual(lines.map((_, index) => index))
})
