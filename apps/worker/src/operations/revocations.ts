import { isDeepStrictEqual } from 'node:util'
import type { SubjectId } from '@portcullis/context'
import type { FoundJob, JobQueue } from '@portcullis/jobs'
import { TRPCError } from '@trpc/server'
import type { z } from 'zod'
import { progressSchema, type RevocationProgress, type RevocationResult } from './progress.ts'
import { type RevocationData, type RevocationTarget, sessionsRevoke } from './revoke-job.ts'

/** How far ahead a revocation can be planned. */
const MAX_AHEAD_MS = 3 * 366 * 24 * 3_600_000

/** A bulk revocation as administrators see it. */
export interface RevocationView {
  readonly id: string
  readonly state: FoundJob['state']
  readonly reason: string
  readonly by: SubjectId
  /** Selectors, or the organization whose members are meant. */
  readonly target: { readonly selectors: number } | { readonly membersOf: string }
  /** ISO 8601; null once it has started. */
  readonly startsAt: string | null
  readonly addedAt: string
  readonly endedAt: string | null
  readonly progress: Omit<RevocationProgress, 'after'> | null
  /** Null until it is over. */
  readonly outcome: RevocationResult['outcome'] | null
  /** Why its last attempt failed. */
  readonly failure: string | null
}

/** Bulk revocations in their queue. */
export interface Revocations {
  /** @throws {TRPCError} `CONFLICT` when the id names another one, `BAD_REQUEST` for a moment that is over or too far. */
  add(data: RevocationData, at: Date | undefined): Promise<void>
  /** @throws {TRPCError} `NOT_FOUND` */
  get(id: string): Promise<RevocationView>
  list(limit: number): Promise<RevocationView[]>
  /** @throws {TRPCError} `CONFLICT` when it has started, and as `add`. */
  reschedule(id: string, at: Date): Promise<void>
  /** @throws {TRPCError} `NOT_FOUND`, `CONFLICT` when it is over. */
  cancel(id: string): Promise<'cancelled' | 'stopping'>
}

type Queue = JobQueue<z.input<typeof sessionsRevoke.data>>

export function createRevocations(queue: Queue, now: () => number): Revocations {
  function assertAhead(at: Date): void {
    const delayMs = at.getTime() - now()
    if (delayMs <= 0) throw refuse('BAD_REQUEST', 'That moment is over')
    if (delayMs > MAX_AHEAD_MS) throw refuse('BAD_REQUEST', 'That is more than three years ahead')
  }

  return {
    async add(data, at) {
      const known = await queue.find(data.id)
      if (known && !isSame(known, data)) throw refuse('CONFLICT', 'The id names another one')
      if (known) return
      if (at) assertAhead(at)
      await queue.add(data, { id: data.id, at })
    },
    async get(id) {
      const found = await queue.find(id)
      if (!found) throw refuse('NOT_FOUND', 'There is no such revocation')
      return toView(found)
    },
    async list(limit) {
      const states = ['active', 'delayed', 'waiting', 'failed', 'completed'] as const
      return (await queue.list({ states, limit })).map(toView)
    },
    async reschedule(id, at) {
      assertAhead(at)
      if (await queue.reschedule(id, { delayMs: at.getTime() - now() })) return
      throw refuse('CONFLICT', 'It has started, or there is none')
    },
    async cancel(id) {
      const cancelled = await queue.cancel(id)
      if (cancelled === 'unknown') throw refuse('NOT_FOUND', 'There is no such revocation')
      if (cancelled === 'ended') throw refuse('CONFLICT', 'It is over')
      return cancelled
    },
  }
}

function toView(job: FoundJob): RevocationView {
  const data = sessionsRevoke.data.parse(job.data)
  const progress = progressSchema.omit({ after: true }).safeParse(job.progress)
  const { outcome = null } = (job.result ?? {}) as Partial<RevocationResult>
  return {
    id: job.id,
    state: job.state,
    reason: data.reason,
    by: data.by,
    target: shownTarget(data.target),
    startsAt: job.startsAt?.toISOString() ?? null,
    addedAt: job.addedAt.toISOString(),
    endedAt: job.endedAt?.toISOString() ?? null,
    progress: progress.success ? progress.data : null,
    outcome,
    failure: job.failure,
  }
}

function shownTarget(target: RevocationTarget): RevocationView['target'] {
  return 'selectors' in target ? { selectors: target.selectors.length } : target
}

function isSame({ data: kept }: FoundJob, { target, reason }: RevocationData): boolean {
  const known = sessionsRevoke.data.parse(kept)
  return known.reason === reason && isDeepStrictEqual(known.target, target)
}

function refuse(code: 'BAD_REQUEST' | 'CONFLICT' | 'NOT_FOUND', message: string): TRPCError {
  return new TRPCError({ code, message })
}
