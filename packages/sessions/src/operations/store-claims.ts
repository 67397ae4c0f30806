import { defineScript, type Keyspace, readLua } from '@portcullis/redis'
import { historyArgs, historyKeys, historyLua } from '@portcullis/revocation'
import { z } from 'zod'
import type { Claims } from '../claims.ts'
import type { SessionStore } from '../session-store.ts'
import type { Access } from './access.ts'

const CLAIMS_LIFETIME_MS = 30 * 24 * 3_600_000

export function createClaimsStoring(access: Access): Pick<SessionStore, 'storeClaims'> {
  const { redis, keyspace, handles, inHistory } = access
  return {
    async storeClaims(subject, claims, askedAt) {
      const { epoch } = askedAt.position
      const input = { keyspace, handle: handles.handleOf(subject), epoch, claims }
      return (await inHistory(() => storeClaimsScript.run(redis, input))) === 1
    },
  }
}

interface StoreClaimsInput {
  readonly keyspace: Keyspace
  readonly handle: string
  readonly epoch: number
  readonly claims: Claims
}

const storeClaimsScript = defineScript<StoreClaimsInput, number | null>({
  source: [historyLua, readLua(import.meta.url, '../scripts/store-claims.lua')],
  keys: ({ keyspace, handle }) => [...historyKeys(keyspace), keyspace.claims(handle)],
  args: ({ keyspace, epoch, claims }) => [
    ...historyArgs(keyspace),
    epoch,
    claims.version,
    JSON.stringify(claims),
    CLAIMS_LIFETIME_MS,
  ],
  reply: z.int().nullable(),
})
