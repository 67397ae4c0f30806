import { subjectIdSchema } from '@portcullis/context'
import { defineScript } from '@portcullis/redis'
import { z } from 'zod'
import { claimsSchema } from '../claims.ts'
import { toSession } from '../session.ts'
import type {
  LoadedSession,
  MissingSession,
  SessionElsewhere,
  SessionStore,
} from '../session-store.ts'
import {
  addressOfSession,
  type SessionAddress,
  type SessionTokens,
  sessionIdOf,
} from '../session-token.ts'
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
): Pick<SessionStore, 'load' | 'lookUp' | 'lookUpById'> {
  async function read(
    address: SessionAddress | null,
    elsewhere?: SessionElsewhere,
  ): Promise<LoadedSession | MissingSession | null> {
    if (!address) return null
    const input = { ...of(address.handle), field: address.field, elsewhere }
    const { point, rest } = await inHistory(() => loadScript.run(redis, input))
    if (!rest) return { session: null, id: sessionIdOf(address), point }
    const session = toSession(rest.subject, address, rest.record, rest.label)
    const { idleSeconds } = profiles[session.profile]
    return {
      session: elsewhere ? { ...session, organization: elsewhere.organization } : session,
      point,
      endsInMs: session.endsAt - rest.serverNow,
      idleInMs: idleSeconds ? session.lastSeenAt + idleSeconds * 1_000 - rest.serverNow : null,
      claims: rest.claims,
      claimsAtLeast: rest.claimsAtLeast,
    }
  }

  return {
    lookUp: async (token) => read(tokens.read(token)),
    lookUpById: async (id, elsewhere) => read(addressOfSession(id), elsewhere),
    async load(token) {
      const found = await read(tokens.read(token))
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

interface LoadInput extends SubjectInput {
  readonly field: string
  readonly elsewhere: SessionElsewhere | undefined
}

const loadScript = defineScript<LoadInput, Placed<LoadedRecord | null>>({
  source: sourceOf('load'),
  keys: (input) => [...subjectKeys(input), input.keyspace.claims(input.handle)],
  args: ({ field, elsewhere, ...input }) => [
    ...subjectArgs(input),
    field,
    elsewhere?.organization ?? '',
    elsewhere?.takenAt.epoch ?? 0,
    elsewhere?.takenAt.seq ?? 0,
  ],
  reply: placed(
    z.union([loadedSchema, z.tuple([text.pipe(z.literal('none'))]).transform(() => null)]),
  ),
})
