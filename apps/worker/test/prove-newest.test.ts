import { getEventListeners } from 'node:events'
import type { Position } from '@portcullis/context'
import type { LogEvent } from '@portcullis/revocation'
import { createLogger } from '@portcullis/runtime'
import { expect, it } from 'vitest'
import { auditQuerySchema } from '../src/audit/entry.ts'
import { proveNewest } from '../src/audit/prove-newest.ts'
import { readTrail } from '../src/audit/read-trail.ts'
import { createTrail } from '../src/audit/trail.ts'
import { openMigrated } from '../src/database/database.ts'
import { startTrail } from './trail.ts'

it.each([0, 9])(
  'what epoch %i may have lost is not said to be in force because of what came after it',
  async (ended) => {
    await using installation = await startTrail()
    await installation.publish({ id: 'chg_1' })
    await installation.follower.catchUp()
    const { follower, postgres } = installation
    const logger = createLogger({ name: 'test', level: 'silent' })
    await using database = await openMigrated({ url: postgres.url, logger })
    const trail = createTrail(database)
    const lost = { epoch: ended, seq: 51 }
    const { events, head } = await follower.readLog({ epoch: 0, seq: 0 }, 10)
    await trail.append({ after: null, events: [eventAt(lost)], upTo: lost, isBroken: false })
    await trail.append({ after: lost, events, upTo: head, isBroken: true })

    const { signal } = new AbortController()
    for (const _ of ['the ended epoch', 'the current one'])
      await proveNewest(follower, trail, signal)
    expect(await trail.readUnproven()).toBeNull()
    const { entries } = await readTrail(database, auditQuerySchema.parse({ order: 'oldest' }))
    expect(entries.map(({ kind, receipt }) => [kind, receipt?.level])).toEqual([
      ['audit.began', 'indeterminate'],
      ['claims.changed', 'indeterminate'],
      ['audit.gap', 'enforced'],
      ['claims.changed', 'enforced'],
    ])
    expect(getEventListeners(signal, 'abort')).toEqual([])
  },
)

function eventAt(position: Position): LogEvent {
  const event = { kind: 'claims.changed', cause: 'member.removed', subject: 'usr_bob' } as const
  return { ...event, position, nonce: 'aa', previousNonce: 'bb' }
}
