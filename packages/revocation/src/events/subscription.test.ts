import { setImmediate } from 'node:timers/promises'
import { comparePositions, createId, type Position } from '@portcullis/context'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { LogEvent } from '../log/event.ts'
import type { LogPage } from './log-reader.ts'
import { type Followed, subscribe } from './subscription.ts'

/** A log in memory, and a follower of it. */
class ScriptedLog implements Followed {
  position: Position = { epoch: 1, seq: 0 }
  entries: LogEvent[] = []
  /** Readings that fail from here on. */
  failures = 0
  readings = 0
  readonly #events = new Set<(event: LogEvent) => void>()
  readonly #resets = new Set<() => void>()

  append() {
    const event = this.write()
    for (const listener of this.#events) listener(event)
    return event
  }

  /** Appends under a new epoch, of which followers hear no more than that. */
  restart(events: number) {
    this.position = { epoch: this.position.epoch + 1, seq: this.position.seq }
    for (let n = 0; n < events; n += 1) this.write()
    for (const listener of this.#resets) listener()
  }

  trimTo(entries: number) {
    this.entries = this.entries.slice(-entries)
  }

  write(): LogEvent {
    this.position = { epoch: this.position.epoch, seq: this.position.seq + 1 }
    const event: LogEvent = {
      position: this.position,
      nonce: 'b',
      previousNonce: 'a',
      kind: 'session.revoked',
      session: createId('ses'),
      cause: 'test',
    }
    this.entries.push(event)
    return event
  }

  async readLog(after: Position, limit: number): Promise<LogPage> {
    this.readings += 1
    if (this.failures > 0) {
      this.failures -= 1
      throw new Error('away')
    }
    const { position: head } = this
    const events = this.entries
      .filter(({ position }) => comparePositions(position, after) > 0)
      .slice(0, limit)
    const oldest = this.entries[0]?.position ?? null
    await setImmediate()
    return { head, oldest, events }
  }

  isFresh() {
    return true
  }

  async catchUp() {
    return true
  }

  onEvent(listener: (event: LogEvent) => void) {
    this.#events.add(listener)
    return () => this.#events.delete(listener)
  }

  onReset(listener: () => void) {
    this.#resets.add(listener)
    return () => this.#resets.delete(listener)
  }

  get listeners() {
    return this.#events.size + this.#resets.size
  }
}

function open(log: ScriptedLog, options: { after?: Position; maxBuffered?: number } = {}) {
  const ending = new AbortController()
  const stream = subscribe({
    follower: log,
    after: options.after ?? log.position,
    signal: ending.signal,
    maxBuffered: options.maxBuffered ?? 3,
    onTrimmed: (error) => {
      throw error
    },
  })
  return { stream, end: () => ending.abort() }
}

/** Takes `count` events, each after as many turns as `turns` says. */
async function take(
  stream: AsyncGenerator<LogEvent, void>,
  count: number,
  turns: (index: number) => number = () => 0,
) {
  const taken: LogEvent[] = []
  while (taken.length < count) {
    const { value, done } = await stream.next()
    if (done) break
    taken.push(value)
    for (let n = turns(taken.length); n > 0; n -= 1) await setImmediate()
  }
  return taken
}

const stepArbitrary = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constant('append'), count: fc.integer({ min: 1, max: 9 }) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('turns'), count: fc.integer({ min: 1, max: 9 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('restart'), count: fc.integer({ min: 0, max: 5 }) }),
  },
)

test('each subscriber gets every event once and in order, however fast or slow it is', async () => {
  const speeds = fc.array(fc.nat({ max: 6 }), { minLength: 1, maxLength: 8 })
  const steps = fc.array(stepArbitrary, { minLength: 1, maxLength: 25 })
  const property = fc.asyncProperty(steps, fc.array(speeds, { minLength: 1, maxLength: 3 }), run)
  await fc.assert(property, { numRuns: 150 })

  async function run(script: { do: string; count: number }[], subscribers: number[][]) {
    const log = new ScriptedLog()
    log.append()
    const opened = subscribers.map(() => open(log))
    const total = script.reduce((sum, step) => sum + (step.do === 'turns' ? 0 : step.count), 0)
    const taking = subscribers.map((turns, index) =>
      take(opened[index]?.stream as never, total, (n) => turns[n % turns.length] ?? 0),
    )
    for (const step of script) {
      if (step.do === 'restart') log.restart(step.count)
      for (let n = 0; n < step.count; n += 1) {
        if (step.do === 'append') log.append()
        if (step.do === 'turns') await setImmediate()
      }
    }
    const expected = log.entries.slice(1)
    for (const taken of await Promise.all(taking)) expect(taken).toEqual(expected)
    for (const { stream, end } of opened) {
      end()
      await stream.return()
    }
    expect(log.listeners).toBe(0)
  }
})

describe('a subscriber', () => {
  test('that keeps up never makes the log be read', async () => {
    const log = new ScriptedLog()
    const { stream } = open(log)
    const taking = take(stream, 50)
    for (let n = 0; n < 50; n += 1) {
      log.append()
      for (let turn = 0; turn < 4; turn += 1) await setImmediate()
    }
    expect(await taking).toEqual(log.entries)
    expect(log.readings).toBe(0)
    await stream.return()
  })

  test('hears nothing in the turn in which the event is applied, nor in the next', async () => {
    const log = new ScriptedLog()
    const { stream } = open(log)
    let isTold = false
    const told = take(stream, 1).then(() => {
      isTold = true
    })
    await setImmediate()
    log.append()
    await Promise.resolve()
    expect(isTold).toBe(false)
    await setImmediate()
    expect(isTold).toBe(false)
    await told
    await stream.return()
  })

  test('goes on after a cursor, also over epochs and readings that fail', async () => {
    const log = new ScriptedLog()
    for (let n = 0; n < 1_200; n += 1) log.append()
    log.restart(2)
    log.failures = 2
    const { stream } = open(log, { after: { epoch: 1, seq: 7 } })
    expect(await take(stream, 1_195)).toEqual(log.entries.slice(7))
    await stream.return()
  })

  test('is told when the log does not reach back to its cursor', async () => {
    const log = new ScriptedLog()
    for (let n = 0; n < 10; n += 1) log.append()
    log.trimTo(4)
    const missing = open(log, { after: { epoch: 1, seq: 5 } })
    await expect(missing.stream.next()).rejects.toMatchObject({ code: 'ERR_CURSOR_TRIMMED' })
    const whole = open(log, { after: { epoch: 1, seq: 6 } })
    expect(await take(whole.stream, 4)).toEqual(log.entries)
    await whole.stream.return()
    expect(log.listeners).toBe(0)
  })

  test('is told when the log was lost, and when its cursor is of no history there is', async () => {
    const log = new ScriptedLog()
    for (let n = 0; n < 5; n += 1) log.append()
    log.entries = []
    log.restart(1)
    for (const after of [
      { epoch: 1, seq: 5 },
      { epoch: 9, seq: 1 },
    ]) {
      const lost = open(log, { after })
      await expect(lost.stream.next()).rejects.toMatchObject({ code: 'ERR_CURSOR_TRIMMED' })
    }
  })

  test('that takes nothing holds no more than its limit', async () => {
    const log = new ScriptedLog()
    const { stream } = open(log, { maxBuffered: 100 })
    const first = take(stream, 1)
    for (let n = 0; n < 1_000; n += 1) log.append()
    expect(await first).toEqual(log.entries.slice(0, 1))
    expect(await take(stream, 999)).toEqual(log.entries.slice(1))
    expect(log.readings).toBeGreaterThan(0)
    await stream.return()
  })

  test('ends with its signal, waiting or not', async () => {
    const log = new ScriptedLog()
    const { stream, end } = open(log)
    const waiting = stream.next()
    await setImmediate()
    end()
    expect(await waiting).toEqual({ done: true, value: undefined })
    expect(log.listeners).toBe(0)
  })
})
