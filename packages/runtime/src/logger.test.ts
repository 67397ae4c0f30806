import { expect, test } from 'vitest'
import { createLogger } from './logger.ts'

const SECRET = 'hunter2'

function recordLogs() {
  const lines: string[] = []
  const destination = { write: (line: string) => void lines.push(line) }
  return { lines, logger: createLogger({ name: 'gateway', destination }) }
}

test('a line is JSON with the name of the process', () => {
  const { lines, logger } = recordLogs()
  logger.info({ port: 4000 }, 'up')
  expect(JSON.parse(lines.join())).toMatchObject({ name: 'gateway', port: 4000, msg: 'up' })
})

test.each([
  ['a header', { req: { headers: { authorization: SECRET, Cookie: SECRET } } }],
  ['any header of ours', { headers: { 'x-portcullis-context': SECRET } }],
  ['raw headers', { rawHeaders: ['Host', 'a', 'Set-Cookie', SECRET] }],
  ['a deep field', { a: [{ b: { refreshToken: SECRET, password: SECRET, pepper: SECRET } }] }],
  ['an error', { err: Object.assign(new Error('no'), { token: SECRET }) }],
])('a secret in %s is never written', (_, fields) => {
  const { lines, logger } = recordLogs()
  logger.info(fields)
  logger.child(fields).info('from a child')
  expect(lines).toHaveLength(2)
  expect(lines.join()).toContain('[redacted]')
  expect(lines.join()).not.toContain(SECRET)
})

test('a cycle ends', () => {
  const { lines, logger } = recordLogs()
  const fields: Record<string, unknown> = { a: 1 }
  fields['self'] = fields
  logger.info(fields)
  expect(lines).toHaveLength(1)
})

test('an error keeps its message, stack and code', () => {
  const { lines, logger } = recordLogs()
  logger.error({ err: Object.assign(new Error('no'), { code: 'ERR_X' }) })
  const { err } = JSON.parse(lines.join())
  expect(err).toMatchObject({ message: 'no', code: 'ERR_X', stack: expect.any(String) })
})
