import { expect, test } from 'vitest'
import { z } from 'zod'
import { EnvironmentError, readEnvironment } from './environment.ts'

const schema = z.object({
  PORT: z.coerce.number().int().default(4000),
  REDIS_URL: z.url(),
  PEPPER: z.string().min(32),
})

const mistakesOf = (source: NodeJS.ProcessEnv) => {
  try {
    return readEnvironment(schema, source)
  } catch (error) {
    if (error instanceof EnvironmentError) return error
    throw error
  }
}

test('values are parsed, defaults filled in, other variables left out', () => {
  const source = { REDIS_URL: 'redis://localhost', PEPPER: 'p'.repeat(32), HOME: '/root', PORT: '' }
  expect(readEnvironment(schema, source)).toEqual({
    PORT: 4000,
    REDIS_URL: 'redis://localhost',
    PEPPER: 'p'.repeat(32),
  })
})

test('every mistake is named in a line of its own', () => {
  const error = mistakesOf({ PORT: 'http', PEPPER: '' })
  expect(error).toMatchObject({
    code: 'ERR_ENVIRONMENT_INVALID',
    mistakes: [expect.stringMatching(/^PORT: /), 'REDIS_URL: is required', 'PEPPER: is required'],
  })
})

test('a message never repeats a value', () => {
  const error = mistakesOf({ REDIS_URL: 'hunter2', PEPPER: 'hunter2' })
  expect(error).toBeInstanceOf(EnvironmentError)
  expect(String(error)).not.toContain('hunter2')
})
