import { describe, expect, test } from 'vitest'
import { simulate } from './simulate.ts'
import type { UnitCosts } from './unit-costs.ts'
import { WORLD, type World } from './world.ts'

const use = (processorUs: number, bytesOut = 0) => ({ processorUs, bytesIn: 0, bytesOut })

const COSTS: UnitCosts = {
  sessionBytes: 2 ** 30,
  claimsBytes: 0,
  startUs: 10,
  touchUs: 1,
  load: use(20),
  requestUs: 100,
  loadedRequestUs: 300,
  fence: { measured: 4, cost: use(4), rise: use(1) },
  change: { measured: 10, cost: use(10, 10_000), rise: use(1, 1_000) },
  fenceInstanceUs: 100,
  eventInstanceUs: 10,
  connections: 3,
}

/** One event of each kind a second for each person. */
const SMALL: World = {
  ...WORLD,
  people: 100,
  instances: 10,
  gateways: 5,
  peak: 1,
  daily: { requests: 172_800, visits: 86_400, signIns: 86_400, changes: 86_400, minutes: 86_400 },
}

describe('simulation', () => {
  test('a demand is the rate in the busiest hour times what one costs', () => {
    const { rows } = simulate(COSTS, SMALL).needs
    const needed = Object.fromEntries(rows.map((row) => [row.name, row.figures['needed']?.value]))
    expect(needed).toMatchObject({
      'Redis, memory, GiB': 100,
      // 10 instances, 1.6 fences each, 10 us a fence.
      'Redis, processor for fences, cores': 160e-6,
      'Redis, processor for changes, cores': 1_000e-6,
      'Redis, processor for loads, cores': 2_000e-6,
      'Redis, connections': 30,
      '5 gateways, processor for requests, cores': 0.04,
    })
  })

  test('all that Redis does is one demand, and it is compared as one', () => {
    const { rows } = simulate(COSTS, SMALL).needs
    const cores = rows.filter(({ name }) => name.startsWith('Redis, processor'))
    const values = cores.map(({ figures }) => figures['needed']?.value ?? 0)
    const all = values.pop()
    expect(cores.at(-1)?.name).toBe('Redis, processor in all, cores')
    expect(all).toBeCloseTo(
      values.reduce((sum, value) => sum + value),
      9,
    )
  })

  test('it names what is full first, and with how many people', () => {
    const full = simulate(COSTS, SMALL).shares.notes.find((note) => note.startsWith('With all'))
    expect(full).toContain('Redis, memory, GiB, at 78.1 %')
    expect(full).toContain('full with 130 people')
    const cheap = { ...COSTS, sessionBytes: 1, connections: 2_000 }
    const other = simulate(cheap, SMALL).shares.notes.find((note) => note.startsWith('With all'))
    expect(other).toContain('Redis, connections, at 200 %')
    expect(other).toContain('no number of people')
  })
})
