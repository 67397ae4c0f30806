import { defineScript, type Keyspace, readLua } from '@portcullis/redis'
import { type FillPoint, historyArgs, historyKeys, historyLua } from '@portcullis/revocation'
import { z } from 'zod'
import type { SessionStore } from '../session-store.ts'
import type { Access } from './access.ts'

const CLAIMS_LIFETIME_MS = 30 * 24 * 3_600_000

export function createClaimsStoring(
  access: Access,
): Pick<SessionStore, 'storeClaims' | 'storeRules'> {
  const { redis, keyspace, handles, inHistory } = access

  async function store(key: string, answer: Answer, askedAt: FillPoint) {
    const input = { keyspace, key, epoch: askedAt.position.epoch, answer }
    return (await inHistory(() => storeClaimsScript.run(redis, input))) === 1
  }

  return {
    storeClaims: (subject, claims, askedAt) =>
      store(keyspace.claims(handles.handleOf(subject)), claims, askedAt),
    storeRules: (organization, rules, askedAt) =>
      store(keyspace.rules(organization), rules, askedAt),
  }
}

interface Answer {
  readonly version: number
}

interface StoreClaimsInput {
  readonly keyspace: Keyspace
  readonly key: string
  readonly epoch: number
  readonly answer: Answer
}

const storeClaimsScript = defineScript<StoreClaimsInput, number | null>({
  source: [historyLua, readLua(import.meta.url, '../scripts/store-claims.lua')],
  keys: ({ keyspace, key }) => [...historyKeys(keyspace), key],
  args: ({ keyspace, epoch, answer }) => [
    ...historyArgs(keyspace),
    epoch,
    answer.version,
    JSON.stringify(answer),
    CLAIMS_LIFETIME_MS,
  ],
  reply: z.int().nullable(),
})
