import { defineScript, RedisError, toRedisError } from '@portcullis/redis'
import { historyArgs, historyKeys, type SessionSelector } from '@portcullis/revocation'
import { z } from 'zod'
import { isOfSubject, type SubjectSelection } from '../selector.ts'
import type { SessionStore } from '../session-store.ts'
import type { Access } from './access.ts'
import { locate, selectionArgs } from './revoke-sessions.ts'
import { idleArgs, sourceOf } from './script-parts.ts'

/** Keys that one step of the walk looks at. */
const PAGE_KEYS = 200
/** How long a walk over all subjects may take, in milliseconds. */
const WALK_TIMEOUT_MS = 10_000

export function createCounting(access: Access): Pick<SessionStore, 'preview'> {
  const { redis, keyspace, inHistory } = access

  function count(records: readonly string[], selection: Selection): Promise<number> {
    return inHistory(() => previewScript.run(redis, { access, records, selection }))
  }

  async function countEverywhere(selection: Selection): Promise<number | null> {
    const deadline = performance.now() + WALK_TIMEOUT_MS
    const seen = new Set<string>()
    let total = 0
    let cursor = '0'
    do {
      if (performance.now() >= deadline) return null
      const [next, found] = await scan(cursor)
      // A walk may meet a key twice.
      const records = found.filter((key) => !seen.has(key))
      for (const key of records) seen.add(key)
      if (records.length > 0) total += await count(records, selection)
      cursor = next
    } while (cursor !== '0')
    return total
  }

  async function scan(cursor: string) {
    try {
      return await redis.scan(cursor, 'MATCH', keyspace.sessions('*'), 'COUNT', PAGE_KEYS)
    } catch (error) {
      throw toRedisError(error)
    }
  }

  return {
    async preview(selector) {
      if (isOfSubject(selector)) {
        const { handle, selection } = locate(access, selector)
        return count([keyspace.sessions(handle)], selection)
      }
      return countEverywhere(wideSelectionOf(selector)).catch((error) => {
        if (error instanceof RedisError && error.code === 'ERR_REDIS_REFUSED') return null
        throw error
      })
    },
  }
}

interface Selection extends Omit<SubjectSelection, 'mode'> {
  readonly mode: SubjectSelection['mode'] | 'organization'
  readonly field: string
  readonly organization?: string
}

type WideSelector = Exclude<SessionSelector, Parameters<typeof locate>[1]>

function wideSelectionOf(selector: WideSelector): Selection {
  if ('organization' in selector) {
    return { mode: 'organization', field: '', organization: selector.organization }
  }
  if (!('beganBefore' in selector)) return { mode: 'all', field: '' }
  return { mode: 'before', field: '', moment: selector.beganBefore.getTime() }
}

interface PreviewInput {
  readonly access: Access
  readonly records: readonly string[]
  readonly selection: Selection
}

const previewScript = defineScript<PreviewInput, number | null>({
  source: sourceOf('moment', 'selection', 'preview'),
  keys: ({ access: { keyspace }, records }) => [
    ...historyKeys(keyspace),
    keyspace.notBefore,
    ...records,
  ],
  args: ({ access: { keyspace, profiles }, selection }) => [
    ...historyArgs(keyspace),
    ...idleArgs(profiles),
    '',
    ...selectionArgs(selection),
    selection.organization ?? '',
  ],
  reply: z.int().nullable(),
})
