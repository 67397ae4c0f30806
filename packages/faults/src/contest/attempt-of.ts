import { instant, type RevocationAttempt } from '../history/history.ts'
import type { Ticket } from './contestant.ts'

/** What a caller has to take it for when ending a session resolves: there is nothing else that is said. */
export async function attemptOf(
  { name }: Ticket,
  end: () => Promise<void>,
): Promise<RevocationAttempt> {
  const attempt = { session: name, claimsBelow: null, calledAt: instant() }
  const level = await end().then(
    () => 'enforced' as const,
    () => 'failed' as const,
  )
  return { ...attempt, resolvedAt: instant(), level, durable: false, majorityAt: null }
}
