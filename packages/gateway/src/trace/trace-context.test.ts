import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatTraceparent, parseTraceContext, traceContextOf } from './trace-context.ts'

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const PARENT = '00f067aa0ba902b7'
const VALID = `00-${TRACE}-${PARENT}-01`

describe('traceparent', () => {
  test('is passed on as it came', () => {
    const hex = (length: number) =>
      fc.string({
        unit: fc.constantFrom(...'0123456789abcdef'),
        minLength: length,
        maxLength: length,
      })
    fc.assert(
      fc.property(hex(32), hex(16), fc.integer({ min: 0, max: 3 }), (trace, parent, flags) => {
        fc.pre(!/^0+$/.test(trace) && !/^0+$/.test(parent))
        const traceparent = `00-${trace}-${parent}-0${flags}`
        expect(formatTraceparent(traceContextOf({ traceparent }))).toBe(traceparent)
      }),
    )
  })

  test.each([
    `ff-${TRACE}-${PARENT}-01`,
    `00-${'0'.repeat(32)}-${PARENT}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `00-${TRACE.toUpperCase()}-${PARENT}-01`,
    `00-${TRACE}-${PARENT}-01-more`,
    `00-${TRACE}-${PARENT}-1`,
    `01-${TRACE}-${PARENT}-01.more`,
    `${VALID}, ${VALID}`,
    ` ${VALID}`,
    '',
  ])('%j is as good as none: a new trace begins', (traceparent) => {
    const context = traceContextOf({ traceparent, tracestate: 'a=1' })
    expect(context.traceId).not.toBe(TRACE)
    expect(context.state).toBeUndefined()
    expect(formatTraceparent(context)).toMatch(/^00-[\da-f]{32}-[\da-f]{16}-01$/)
  })

  test('of a later version is read as far as it is known', () => {
    const context = parseTraceContext({ traceparent: `cc-${TRACE}-${PARENT}-ff-what-comes` })
    expect(context && formatTraceparent(context)).toBe(`00-${TRACE}-${PARENT}-03`)
  })

  test('of a new trace is another each time', () => {
    const ids = Array.from({ length: 1_000 }, () => traceContextOf({}).traceId)
    expect(new Set(ids).size).toBe(1_000)
  })
})

describe('tracestate', () => {
  const stateOf = (tracestate: string) =>
    parseTraceContext({ traceparent: VALID, tracestate })?.state

  test.each([
    ['vendor=value', 'vendor=value'],
    ['a=1, b@sys=2 ,,c/d=3', 'a=1,b@sys=2,c/d=3'],
  ])('%j is passed on as %j', (given, passed) => {
    expect(stateOf(given)).toBe(passed)
  })

  test.each([
    '',
    ' , ',
    'A=1',
    'a',
    'a=',
    'a=1=2',
    'a=ü',
    `a=${'x'.repeat(257)}`,
    'a=1,'.repeat(33),
  ])('%j is left out, and the trace goes on', (given) => {
    expect(stateOf(given)).toBeUndefined()
    expect(parseTraceContext({ traceparent: VALID, tracestate: given })?.traceId).toBe(TRACE)
  })
})
