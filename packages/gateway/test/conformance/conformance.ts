import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Arrangement, type Installations, startInstallations } from './installations.ts'
import { plain } from './observations.ts'
import type { TransformerName } from './stock/trpc.ts'
import { World } from './world.ts'

/** Something that a client does, and what it sees of it. */
export interface Scenario {
  readonly title: string
  /** @returns what is compared. */
  run(world: World): unknown
  /** What a client sees at a stock server, in part at least: a comparison of nothing would be no comparison. */
  readonly sees: unknown | ((transformer: TransformerName) => unknown)
}

export function scenario(title: string, run: Scenario['run'], sees: unknown): Scenario {
  return { title, run, sees }
}

/**
 * Runs each scenario straight at a stock tRPC server, at the gateway in front of such a server, and at the gateway in
 * front of two that have half of its procedures each. What is seen must be equal.
 */
export function conformance(topic: string, scenarios: readonly Scenario[]): void {
  describe.each(['none', 'superjson'] as const)(`${topic}, transformer %s`, (transformer) => {
    let installations: Installations
    beforeAll(async () => {
      installations = await startInstallations(transformer)
    })
    afterAll(() => installations[Symbol.asyncDispose]())

    test.each(scenarios)('$title', async ({ run, sees }) => {
      const observe = async (arrangement: Arrangement) => {
        await using world = new World(installations.urls[arrangement], transformer)
        return { seen: plain(await run(world)) }
      }
      const [direct, through, split] = await Promise.all([
        observe('direct'),
        observe('through'),
        observe('split'),
      ])
      const expected = typeof sees === 'function' ? sees(transformer) : sees
      expect(direct).toMatchObject({ seen: expected })
      expect(through, 'through the gateway').toEqual(direct)
      expect(split, 'split over two services').toEqual(direct)
    })
  })
}
