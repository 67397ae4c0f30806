import { fileURLToPath } from 'node:url'
import { startProcess } from '@portcullis/testing'
import { expect, test } from 'vitest'

const DEMO = fileURLToPath(new URL('../src/demo.ts', import.meta.url))
const LIMIT_MS = 180_000

async function runDemo(...args: string[]) {
  await using demo = await startProcess({ command: process.execPath, args: [DEMO, ...args] })
  const { code } = await demo.exited
  return { code, output: demo.output() }
}

test('the tour goes as told and ends by itself with 0', { timeout: LIMIT_MS }, async () => {
  const { code, output } = await runDemo()
  expect(output).toContain('All of it went as told.')
  expect(code).toBe(0)
})

test('the tour ends with 1 when a gateway accepts a revoked session', {
  timeout: LIMIT_MS,
}, async () => {
  const { code, output } = await runDemo('--broken-gateway')
  expect(output).toMatch(
    /was revoked, and the gateway that revoked answered session\.list with: accepted/,
  )
  expect(code).toBe(1)
})
