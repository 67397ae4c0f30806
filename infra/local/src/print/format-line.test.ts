import { stripVTControlCharacters } from 'node:util'
import { expect, test } from 'vitest'
import { formatLine } from './format-line.ts'

const format = (line: string) => stripVTControlCharacters(formatLine('orders', line))

test('a log record becomes its message and fields', () => {
  const record = {
    level: 30,
    time: 1,
    pid: 2,
    hostname: 'h',
    name: 'orders',
    port: 4002,
    msg: 'up',
  }
  expect(format(JSON.stringify(record))).toBe('orders   | up port=4002')
})

test('an error shows its stack', () => {
  const record = {
    level: 50,
    time: 1,
    msg: 'failed',
    err: { message: 'no', stack: 'Error: no\n at x' },
  }
  expect(format(JSON.stringify(record))).toBe('orders   | failed\nError: no\n at x')
})

test.each(['plain text', '{"half": ', '{"no":"record"}'])('%s is shown as it is', (line) => {
  expect(format(line)).toBe(`orders   | ${line}`)
})
