import { defineScript, type Keyspace } from '@portcullis/redis'
import { historyArgs, historyKeys } from '@portcullis/revocation'
import { z } from 'zod'
import type { SessionProfiles } from '../profiles.ts'
import type { SessionStore } from '../session-store.ts'
import { addressOfSession } from '../session-token.ts'
import type { Access } from './access.ts'
import { idleArgs, sourceOf } from './script-parts.ts'

/** Sessions in one call of `touch`. */
export const MAX_TOUCHES = 100

export function createTouching(access: Access): Pick<SessionStore, 'touch'> {
  const { redis, keyspace, profiles, inHistory } = access
  return {
    async touch(touches) {
      if (touches.length > MAX_TOUCHES) throw new TypeError(`at most ${MAX_TOUCHES} touches`)
      const found = touches.flatMap(({ id, ageMs }) => {
        const address = addressOfSession(id)
        return address ? [{ ...address, ageSeconds: Math.ceil(Math.max(0, ageMs) / 1_000) }] : []
      })
      if (found.length === 0) return 0
      return inHistory(() => touchScript.run(redis, { keyspace, profiles, touches: found }))
    },
  }
}

interface TouchInput {
  readonly keyspace: Keyspace
  readonly profiles: SessionProfiles
  readonly touches: readonly { handle: string; field: string; ageSeconds: number }[]
}

const touchScript = defineScript<TouchInput, number | null>({
  source: sourceOf('touch'),
  keys: ({ keyspace, touches }) => [
    ...historyKeys(keyspace),
    keyspace.notBefore,
    ...touches.map(({ handle }) => keyspace.sessions(handle)),
  ],
  args: ({ keyspace, profiles, touches }) => [
    ...historyArgs(keyspace),
    ...idleArgs(profiles),
    '',
    ...touches.flatMap(({ field, ageSeconds }) => [field, ageSeconds]),
  ],
  reply: z.int().nullable(),
})
