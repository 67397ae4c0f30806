import { RevocationError, type RevokedSessions, type SessionSelector } from '@portcullis/revocation'
import { describe, expect, it } from 'vitest'
import { revokeAll } from './revoke-all.ts'
import type { RevocationData } from './revoke-job.ts'

/** Keeps what it was asked for, and makes a change once for an id. */
class RecordingRevoker {
  readonly made = new Map<string, SessionSelector>()
  calls = 0
  fails: (call: number) => Partial<RevokedSessions> | Error | undefined = () => undefined

  async revoke(selector: SessionSelector, { id }: { id: string }): Promise<RevokedSessions> {
    const failure = this.fails(this.calls++)
    if (failure instanceof Error) throw failure
    this.made.set(id, selector)
    const receipt = {
      durable: true,
      position: null,
      tookMs: 1,
      ended: 1,
      level: 'enforced',
    } as const
    return { ...receipt, id, ...failure }
  }
}

const people = Array.from({ length: 20 }, (_, n) => `usr_${String(n).padStart(2, '0')}` as const)
const list: RevocationData = {
  id: 'bulk',
  target: { selectors: people.map((subject) => ({ subject })) },
  reason: 'test',
  by: 'usr_ada',
}
const accounts = {
  listMembers: async ({ after, limit }: { after: string | null; limit: number }) =>
    people.filter((subject) => after === null || subject > after).slice(0, limit),
}

function startRun(progress: unknown = null) {
  const reported: unknown[] = []
  const run = {
    progress,
    signal: AbortSignal.any([]),
    isCancelled: async () => false,
    report: async (said: unknown) => void reported.push(said),
  }
  return { run, reported }
}

describe('a bulk revocation', () => {
  it('takes a step of its own name for each selector, and counts', async () => {
    const revoker = new RecordingRevoker()
    const { run, reported } = startRun()
    const result = await revokeAll({ revoker, accounts }, list, run)
    expect(result).toEqual({
      ...{ outcome: 'done', done: 20, total: 20, ended: 20, uncounted: 0, level: 'enforced' },
    })
    expect([...revoker.made.keys()]).toEqual(people.map((_, n) => `bulk.${n}`))
    expect(reported).toMatchObject([{ done: 8 }, { done: 16 }, { done: 20 }])
  })

  it('comes to each member of an organization once, page by page', async () => {
    const revoker = new RecordingRevoker()
    const target = { membersOf: 'org_acme' } as const
    const { run } = startRun()
    const result = await revokeAll({ revoker, accounts }, { ...list, target }, run)
    expect(result).toMatchObject({ outcome: 'done', done: 20, total: null, ended: 20 })
    expect([...revoker.made.values()]).toEqual(people.map((subject) => ({ subject })))
    expect([...revoker.made.keys()].every((id) => /^bulk\.[\w-]{16}$/.test(id))).toBe(true)
  })

  it('goes on behind what was reported', async () => {
    const revoker = new RecordingRevoker()
    const first = startRun()
    revoker.fails = (call) => (call === 10 ? new RevocationError('ERR_LOG_UNREADABLE') : undefined)
    const failing = revokeAll({ revoker, accounts }, list, first.run)
    await expect(failing).rejects.toMatchObject({ code: 'ERR_LOG_UNREADABLE' })
    const second = startRun(first.reported.at(-1))
    revoker.fails = () => undefined
    const result = await revokeAll({ revoker, accounts }, list, second.run)
    expect(result).toMatchObject({ outcome: 'done', done: 20, ended: 20 })
    expect(revoker.made.size).toBe(20)
    expect(second.reported).toMatchObject([{ done: 16 }, { done: 20 }])
  })

  it('stops between two steps when it is cancelled, and says how far it got', async () => {
    const revoker = new RecordingRevoker()
    const { run } = startRun()
    const cancelled = { ...run, isCancelled: async () => revoker.calls >= 8 }
    const result = await revokeAll({ revoker, accounts }, list, cancelled)
    expect(result).toMatchObject({ outcome: 'cancelled', done: 8, total: 20, ended: 8 })
  })

  it('says the least certain receipt, and repeats what nobody knows of', async () => {
    const revoker = new RecordingRevoker()
    revoker.fails = (call) => (call === 3 ? { level: 'pending', ended: null } : undefined)
    const { run } = startRun()
    const result = await revokeAll({ revoker, accounts }, list, run)
    expect(result).toMatchObject({ level: 'pending', ended: 19, uncounted: 1 })
    const unknown = new RecordingRevoker()
    unknown.fails = () => ({ level: 'indeterminate' })
    const { run: again } = startRun()
    await expect(revokeAll({ revoker: unknown, accounts }, list, again)).rejects.toMatchObject({
      code: 'ERR_REVOCATION_UNCERTAIN',
    })
  })
})
