import { describe, expect, test } from 'vitest'
import type { GatewayError } from '../../errors.ts'
import { Gate, type Waiting } from './gate.ts'

class LeavesAtOnce implements Waiting {
  static admitted = 0
  readonly #gate: Gate

  constructor(gate: Gate) {
    this.#gate = gate
  }

  onPlace(): void {
    LeavesAtOnce.admitted++
    this.#gate.leave()
  }

  onRefused(error: GatewayError): void {
    throw error
  }
}

const limits = { serviceConcurrency: 1, serviceQueue: 100_000, serviceQueueMs: 60_000 }

describe('a gate', () => {
  test('admits a long line of those that leave at once without going ever deeper', () => {
    const gate = new Gate(limits)
    expect(gate.enter()).toBe(true)
    for (let i = 0; i < limits.serviceQueue; i++) gate.wait(new LeavesAtOnce(gate))
    gate.leave()
    expect(LeavesAtOnce.admitted).toBe(limits.serviceQueue)
    expect(gate.enter()).toBe(true)
    expect(gate.enter()).toBe(false)
  })

  test('admits in the order of arrival, and nobody who has gone', () => {
    const gate = new Gate(limits)
    const admitted: string[] = []
    const waitingAs = (name: string): Waiting => ({
      onPlace: () => void admitted.push(name),
      onRefused: () => {},
    })
    gate.enter()
    const [first, gone, last] = ['first', 'gone', 'last'].map(waitingAs) as [
      Waiting,
      Waiting,
      Waiting,
    ]
    for (const waiting of [first, gone, last]) gate.wait(waiting)
    gate.forget(gone)
    gate.leave()
    gate.leave()
    expect(admitted).toEqual(['first', 'last'])
  })
})
