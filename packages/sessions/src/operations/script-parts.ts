import type { InstanceId } from '@portcullis/context'
import { type Keyspace, readLua, type ScriptArgument } from '@portcullis/redis'
import {
  type Attribution,
  type FillPoint,
  fillPointSchema,
  historyArgs,
  historyKeys,
  historyLua,
  proofLua,
} from '@portcullis/revocation'
import { z } from 'zod'
import type { SessionProfiles } from '../profiles.ts'
import { decodeRecord, type SessionRecord } from '../session-record.ts'

/** What every script of a subject's sessions is given. */
export interface SubjectInput {
  readonly keyspace: Keyspace
  /** Whom instances tell that they have applied what this changes. */
  readonly originator: InstanceId | ''
  readonly profiles: SessionProfiles
  readonly handle: string
  readonly by?: Attribution
}

const lua = (name: string) => readLua(import.meta.url, `../scripts/${name}.lua`)
const sharedLua = [historyLua, lua('record')]

/** The shared functions, then these parts in order. */
export function sourceOf(...names: string[]): string[] {
  return [...sharedLua, ...names.map(lua)]
}

/** The same of a change that a receipt is asked for. */
export function changeSourceOf(...names: string[]): string[] {
  return [...sharedLua, proofLua, ...names.map(lua)]
}

export function subjectKeys({ keyspace, handle }: SubjectInput): string[] {
  return [
    ...historyKeys(keyspace),
    keyspace.notBefore,
    keyspace.sessions(handle),
    keyspace.labels(handle),
  ]
}

export function idleArgs({ aal1, aal2, aal3 }: SessionProfiles): number[] {
  return [aal1.idleSeconds, aal2.idleSeconds, aal3.idleSeconds]
}

export function subjectArgs(input: SubjectInput): ScriptArgument[] {
  return [
    ...historyArgs(input.keyspace, input.originator, input.by),
    ...idleArgs(input.profiles),
    input.handle,
  ]
}

export const text = z.instanceof(Buffer).transform((bytes) => bytes.toString('utf8'))

export const recordSchema = z.instanceof(Buffer).transform((bytes, context): SessionRecord => {
  const record = decodeRecord(bytes)
  if (record) return record
  context.addIssue({ code: 'custom', message: 'expected a session record of this version' })
  return z.NEVER
})

/** A reply that begins with its place in the history; null where there is none. */
export type Placed<Rest> = { readonly point: FillPoint; readonly rest: Rest } | null

/** Splits a reply into its place in the history and what follows it. */
export function placed<Rest>(rest: z.ZodType<Rest>): z.ZodType<Placed<Rest>> {
  const reply = z.object({ point: fillPointSchema, rest })
  return z.union([z.null(), z.preprocess(splitPlace, reply)]) as z.ZodType<Placed<Rest>>
}

function splitPlace(reply: unknown) {
  return Array.isArray(reply) ? { point: reply.slice(0, 3), rest: reply.slice(3) } : reply
}

/** What became of one session: its new record, or why there is none. */
export type Outcome = [string, SessionRecord] | ['none' | 'full']

export function outcome(name: string): z.ZodType<Outcome> {
  return z.union([
    z.tuple([text.pipe(z.literal(name)), recordSchema]),
    z.tuple([text.pipe(z.enum(['none', 'full']))]),
  ])
}
