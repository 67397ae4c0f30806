import { type InstanceId, subjectIdSchema } from '@portcullis/context'
import { defineScript, type Keyspace, readLua, type ScriptArgument } from '@portcullis/redis'
import {
  type FillPoint,
  fillPointSchema,
  historyArgs,
  historyKeys,
  historyLua,
  type LogEvent,
} from '@portcullis/revocation'
import { z } from 'zod'
import type { Claims } from './claims.ts'
import { claimsSchema } from './claims.ts'
import type { SessionProfiles } from './profiles.ts'
import { decodeRecord, type SessionRecord } from './session-record.ts'

/** What every script of a subject's sessions is given. */
export interface SubjectInput {
  readonly keyspace: Keyspace
  /** Whom instances tell that they have applied what this changes. */
  readonly originator: InstanceId | ''
  readonly profiles: SessionProfiles
  readonly handle: string
}

const lua = (name: string) => readLua(import.meta.url, `./scripts/${name}.lua`)
const recordLua = lua('record')

const subjectKeys = ({ keyspace, handle }: SubjectInput) => [
  ...historyKeys(keyspace),
  keyspace.notBefore,
  keyspace.sessions(handle),
  keyspace.labels(handle),
]

const idleArgs = ({ aal1, aal2, aal3 }: SessionProfiles) => [
  aal1.idleSeconds,
  aal2.idleSeconds,
  aal3.idleSeconds,
]

const subjectArgs = (input: SubjectInput): ScriptArgument[] => [
  ...historyArgs(input.keyspace, input.originator),
  ...idleArgs(input.profiles),
  input.handle,
]

const text = z.instanceof(Buffer).transform((bytes) => bytes.toString('utf8'))

const recordSchema = z.instanceof(Buffer).transform((bytes, context): SessionRecord => {
  const record = decodeRecord(bytes)
  if (record) return record
  context.addIssue({ code: 'custom', message: 'expected a session record of this version' })
  return z.NEVER
})

/** Splits a reply into its place in the history and what follows it. */
const placed = <Rest>(rest: z.ZodType<Rest>) =>
  z.union([z.null(), z.preprocess(splitPlace, z.object({ point: fillPointSchema, rest }))])

const splitPlace = (reply: unknown) =>
  Array.isArray(reply) ? { point: reply.slice(0, 3), rest: reply.slice(3) } : reply

type Placed<Rest> = { readonly point: FillPoint; readonly rest: Rest } | null

const outcome = <Name extends string>(name: Name) =>
  z.union([
    z.tuple([text.pipe(z.literal(name)), recordSchema]),
    z.tuple([text.pipe(z.enum(['none', 'full']))]),
  ])

type Outcome = [string, SessionRecord] | ['none' | 'full']

export interface StartInput extends SubjectInput {
  readonly subject: string
  readonly field: string
  readonly methods: number
  readonly levels: number
  readonly device: number
  readonly organization: string
  readonly absoluteSeconds: number
  readonly maxSessions: number
  readonly label: string
  readonly memoryPercent: number
}

export const startScript = defineScript<StartInput, Placed<Outcome>>({
  source: [historyLua, recordLua, lua('start')],
  keys: subjectKeys,
  args: (input) => [
    ...subjectArgs(input),
    input.subject,
    input.field,
    input.methods,
    input.levels,
    input.device,
    input.organization,
    input.absoluteSeconds,
    input.maxSessions,
    input.label,
    input.memoryPercent,
  ],
  reply: placed(outcome('started')),
})

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
    claims: parseClaims(claims),
  }))

export type LoadedRecord = z.infer<typeof loadedSchema>

export const loadScript = defineScript<
  SubjectInput & { field: string },
  Placed<LoadedRecord | null>
>({
  source: [historyLua, recordLua, lua('load')],
  keys: (input) => [...subjectKeys(input), input.keyspace.claims(input.handle)],
  args: (input) => [...subjectArgs(input), input.field],
  reply: placed(
    z.union([loadedSchema, z.tuple([text.pipe(z.literal('none'))]).transform(() => null)]),
  ),
})

/** A cache entry that cannot be read is none: the owner of the claims is asked. */
function parseClaims(json: string | null): Claims | null {
  if (json === null) return null
  try {
    return claimsSchema.parse(JSON.parse(json))
  } catch {
    return null
  }
}

export interface TouchInput {
  readonly keyspace: Keyspace
  readonly profiles: SessionProfiles
  readonly touches: readonly { handle: string; field: string; ageSeconds: number }[]
}

export const touchScript = defineScript<TouchInput, number | null>({
  source: [historyLua, recordLua, lua('touch')],
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

const listedSchema = z
  .array(z.instanceof(Buffer))
  .transform((flat) =>
    Array.from({ length: flat.length / 3 }, (_, i) => flat.slice(3 * i, 3 * i + 3)),
  )
  .pipe(z.array(z.tuple([text, recordSchema, text])))

export type ListedRecord = z.infer<typeof listedSchema>[number]

export const listScript = defineScript<SubjectInput, Placed<ListedRecord[]>>({
  source: [historyLua, recordLua, lua('list')],
  keys: subjectKeys,
  args: subjectArgs,
  reply: placed(listedSchema),
})

export interface EndInput extends SubjectInput {
  readonly mode: 'one' | 'others' | 'all'
  readonly field: string
  readonly subject: string
  readonly cause: string
}

export const endScript = defineScript<EndInput, Placed<[number]>>({
  source: [historyLua, recordLua, lua('end')],
  keys: subjectKeys,
  args: (input) => [...subjectArgs(input), input.mode, input.field, input.subject, input.cause],
  reply: placed(z.tuple([z.int()])),
})

export const switchScript = defineScript<
  SubjectInput & { field: string; organization: string },
  Placed<Outcome>
>({
  source: [historyLua, recordLua, lua('switch-organization')],
  keys: subjectKeys,
  args: (input) => [...subjectArgs(input), input.field, input.organization],
  reply: placed(outcome('changed')),
})

export interface RenewInput extends SubjectInput {
  readonly field: string
  readonly newField: string
  readonly methods: number
  readonly levels: number
  readonly absoluteSeconds: number
}

export const renewScript = defineScript<RenewInput, Placed<Outcome>>({
  source: [historyLua, recordLua, lua('renew')],
  keys: subjectKeys,
  args: (input) => [
    ...subjectArgs(input),
    input.field,
    input.newField,
    input.methods,
    input.levels,
    input.absoluteSeconds,
  ],
  reply: placed(outcome('renewed')),
})

export interface ReassertInput extends SubjectInput {
  readonly field: string
  readonly event: LogEvent
}

export const reassertScript = defineScript<ReassertInput, number | null>({
  source: [historyLua, recordLua, lua('reassert')],
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

export interface NotBeforeInput {
  readonly keyspace: Keyspace
  readonly originator: InstanceId | ''
  readonly of: string
  readonly cause: string
}

export const raiseNotBeforeScript = defineScript<NotBeforeInput, FillPoint | null>({
  source: [historyLua, lua('raise-not-before')],
  keys: ({ keyspace }) => [...historyKeys(keyspace), keyspace.notBefore],
  args: ({ keyspace, originator, of, cause }) => [...historyArgs(keyspace, originator), of, cause],
  reply: fillPointSchema.nullable(),
})

export interface StoreClaimsInput {
  readonly keyspace: Keyspace
  readonly handle: string
  readonly epoch: number
  readonly claims: Claims
  readonly lifetimeMs: number
}

export const storeClaimsScript = defineScript<StoreClaimsInput, number | null>({
  source: [historyLua, lua('store-claims')],
  keys: ({ keyspace, handle }) => [...historyKeys(keyspace), keyspace.claims(handle)],
  args: ({ keyspace, epoch, claims, lifetimeMs }) => [
    ...historyArgs(keyspace),
    epoch,
    claims.version,
    JSON.stringify(claims),
    lifetimeMs,
  ],
  reply: z.int().nullable(),
})
