import { defineScript } from '@portcullis/redis'
import type { LogEvent } from '@portcullis/revocation'
import { z } from 'zod'
import type { SessionStore } from '../session-store.ts'
import { addressOfSession } from '../session-token.ts'
import type { Access } from './access.ts'
import { type SubjectInput, sourceOf, subjectArgs, subjectKeys } from './script-parts.ts'

const REPAIRS_AT_ONCE = 100

export function createRepair(access: Access): Pick<SessionStore, 'repair'> {
  const { redis, handles, inHistory, of } = access

  function reassert(event: LogEvent) {
    const session = event.session ? addressOfSession(event.session) : null
    const handle = session?.handle ?? (event.subject ? handles.handleOf(event.subject) : '')
    const by = { actor: event.actor, change: event.change }
    const input = { ...of(handle), field: session?.field ?? '', event, by }
    return inHistory(() => reassertScript.run(redis, input))
  }

  return {
    async repair(events) {
      for (let i = 0; i < events.length; i += REPAIRS_AT_ONCE) {
        await Promise.all(events.slice(i, i + REPAIRS_AT_ONCE).map(reassert))
      }
    },
  }
}

const reassertScript = defineScript<
  SubjectInput & { field: string; event: LogEvent },
  number | null
>({
  source: sourceOf('reassert'),
  keys: subjectKeys,
  args: ({ field, event, ...input }) => [
    ...subjectArgs(input),
    event.kind,
    field,
    event.subject ?? '',
    event.organization ?? '',
    event.cause,
    event.position.epoch,
    event.position.seq,
    event.nonce,
  ],
  reply: z.int().nullable(),
})
