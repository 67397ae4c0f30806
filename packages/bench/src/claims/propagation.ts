import { ask, ClosingAgent } from './member-requests.ts'
import type { Stage } from './stage.ts'

/** Of one edit, in milliseconds from its beginning. */
export interface Propagation {
  /** Until the last instance was seen to decide by the new rule. */
  readonly lastDecidesMs: number
  /** Until the receipt said that nobody decides by the old one. */
  readonly enforcedMs: number
}

/**
 * Edits the role while a member asks every gateway again and again.
 *
 * @throws {Error} when an instance that had decided by the new rule was seen to decide by the old one.
 */
export async function timePropagation(stage: Stage, after: 200 | 403): Promise<Propagation> {
  await using dispatcher = new ClosingAgent()
  const from = performance.now()
  const [enforcedMs, ...decided] = await Promise.all([
    stage.edit(),
    ...stage.gateways.map(async ({ url }, index) => {
      const cookie = stage.members[index] as string
      while ((await ask(url, cookie, dispatcher)) !== after);
      const at = performance.now() - from
      if ((await ask(url, cookie, dispatcher)) !== after) throw new Error('it went back')
      return at
    }),
  ])
  return { lastDecidesMs: Math.max(...decided), enforcedMs }
}
