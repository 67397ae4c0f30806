import type { OrganizationId } from '@portcullis/context'
import { defineScript, type Keyspace, readLua } from '@portcullis/redis'
import { historyArgs, historyKeys, historyLua } from '@portcullis/revocation'
import { z } from 'zod'
import { organizationRulesSchema } from '../claims.ts'
import type { SessionStore } from '../session-store.ts'
import type { Access } from './access.ts'
import { parseCached } from './parse-cached.ts'
import { type Placed, placed, text } from './script-parts.ts'

export function createRulesLoading(access: Access): Pick<SessionStore, 'loadRules'> {
  const { redis, keyspace, inHistory } = access
  return {
    async loadRules(organization) {
      const input = { keyspace, organization }
      const { point, rest } = await inHistory(() => loadRulesScript.run(redis, input))
      return { point, ...rest }
    },
  }
}

const rulesSchema = z.tuple([z.int(), text.nullable()]).transform(([atLeast, json]) => ({
  atLeast,
  rules: parseCached(organizationRulesSchema, json),
}))

interface LoadRulesInput {
  readonly keyspace: Keyspace
  readonly organization: OrganizationId
}

const loadRulesScript = defineScript<LoadRulesInput, Placed<z.infer<typeof rulesSchema>>>({
  source: [historyLua, readLua(import.meta.url, '../scripts/load-rules.lua')],
  keys: ({ keyspace, organization }) => [...historyKeys(keyspace), keyspace.rules(organization)],
  args: ({ keyspace }) => historyArgs(keyspace),
  reply: placed(rulesSchema),
})
