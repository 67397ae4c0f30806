import type { TakeSample } from './measures.ts'
import { nextTurn } from './timing.ts'

/**
 * @param prepare Makes what is worked on; not measured.
 * @param time Nanoseconds for one of them.
 */
export function takeSample<Item>(
  prepare: () => readonly Item[],
  time: (items: readonly Item[]) => number | Promise<number>,
): TakeSample {
  return async () => {
    const items = prepare()
    const before = process.cpuUsage()
    const nanoseconds = await time(items)
    const { user, system } = process.cpuUsage(before)
    await nextTurn()
    return { us: nanoseconds / 1_000, processorUs: (user + system) / items.length }
  }
}
