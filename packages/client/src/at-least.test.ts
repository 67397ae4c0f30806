import { expect, test } from 'vitest'
import { atLeastHeaders } from './at-least.ts'

const asking = (...places: unknown[]) => places.map((atLeast) => ({ context: { atLeast } }))
const sent = (...places: unknown[]) => atLeastHeaders(asking(...places))['x-portcullis-at-least']

test('calls in one request ask for the latest place that any of them needs', () => {
  expect(sent('1.9', '1.10', '1.2')).toBe('1.10')
  expect(sent('2.1', '1.10')).toBe('2.1')
  expect(sent(undefined, '1.2', null)).toBe('1.2')
})

test('without a place, or with something else, nothing is asked for', () => {
  expect(atLeastHeaders(asking(undefined, null, 'soon', 7))).toEqual({})
})
