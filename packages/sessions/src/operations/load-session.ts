import { subjectIdSchema } from '@portcullis/context'
import { defineScript } from '@portcullis/redis'
import { z } from 'zod'
import { claimsSchema } from '../claims.ts'
import { toSession } from '../session.ts'
import type { SessionStore } from '../session-store.ts'
import type { SessionTokens } from '../session-token.ts'
import type { Access } from './access.ts'
import { parseCached } from './parse-cached.ts'
import {
  type Placed,
  placed,
  recordSchema,
  type SubjectInput,
  sourceOf,
  subjectArgs,
  subjectKeys,
  text,
} from './script-parts.ts'

export function createLoading(
  { redis, profiles, inHistory, of }: Access,
  tokens: SessionTokens,
): Pick<SessionStore, 'load' | 'lookUp'> {
  async function lookUp(token: string) {
    const address = tokens.read(token)
    if (!address) return null
    const input = { ...of(address.handle), field: address.field }
    const { point, rest } = await inHistory(() => loadScript.run(redis, input))
    if (!rest) return { session: null, point }
    const session = toSession(rest.subject, address, rest.record, rest.label)
    const { idleSeconds } = profiles[session.profile]
    return {
      session,
      point,
      endsInMs: session.endsAt - rest.serverNow,
      idleInMs: idleSeconds ? session.lastSeenAt + idleSeconds * 1_000 - rest.serverNow : null,
      claims: rest.claims,
      claimsAtLeast: rest.claimsAtLeast,
    }
  }

  return {
    lookUp,
    async load(token) {
      const found = await lookUp(token)
      return found?.session ? found : null
    },
  }
}

const loadedSchema = z
  .tuple([
    text.pipe(z.literal('live')),
    text.pipe(subjectIdSchema),
    recordSchema,
    text.nullable(),
    z.int(),
    z.int(),
    text.nullable(),
  ])
  .transform(([, subject, record, label, serverNow, claimsAtLeast, claims]) => ({
    subject,
    record,
    label,
    serverNow,
    claimsAtLeast,
    claims: parseCached(claimsSchema, claims),
  }))

type LoadedRecord = z.infer<typeof loadedSchema>

const loadScript = defineScript<SubjectInput & { field: string }, Placed<LoadedRecord | null>>({
  source: sourceOf('load'),
  keys: (input) => [...subjectKeys(input), input.keyspace.claims(input.handle)],
  args: (input) => [...subjectArgs(input), input.field],
  reply: placed(
    z.union([loadedSchema, z.tuple([text.pipe(z.literal('none'))]).transform(() => null)]),
  ),
})
