import { createHash } from 'node:crypto'
import type { SubjectId } from '@portcullis/context'
import type { SessionSelector } from '@portcullis/revocation'
import type { AccountsClient } from '../accounts-client.ts'
import type { RevocationProgress } from './progress.ts'
import type { RevocationData } from './revoke-job.ts'

/** Steps under way at once; a gateway bears 32 of all that ask it. */
const STEPS_AT_ONCE = 8

/** One change of the log, and its name: it is the same one whoever makes it and however often. */
export interface Step {
  readonly id: string
  readonly selector: SessionSelector
}

export interface Steps {
  readonly steps: readonly Step[]
  readonly after: SubjectId | null
}

/** What comes next; no steps when everything is done. */
export async function nextSteps(
  accounts: Pick<AccountsClient, 'listMembers'>,
  { id, target }: Pick<RevocationData, 'id' | 'target'>,
  { done, after }: Pick<RevocationProgress, 'done' | 'after'>,
  signal: AbortSignal,
): Promise<Steps> {
  if ('selectors' in target) {
    const next = target.selectors.slice(done, done + STEPS_AT_ONCE)
    return { steps: next.map((selector, n) => ({ id: `${id}.${done + n}`, selector })), after }
  }
  const page = { organization: target.membersOf, after, limit: STEPS_AT_ONCE }
  const subjects = await accounts.listMembers(page, signal)
  const steps = subjects.map((subject) => ({
    id: `${id}.${nameOf(subject)}`,
    selector: { subject },
  }))
  return { steps, after: subjects.at(-1) ?? after }
}

/** By person and not by number: who is the nth member may change while the job is resumed. */
function nameOf(subject: SubjectId): string {
  return createHash('sha256').update(subject).digest('base64url').slice(0, 16)
}
