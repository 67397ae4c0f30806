import { createHash } from 'node:crypto'
import { defineScript, type ScriptArgument } from '@portcullis/redis'
import {
  type Attribution,
  historyArgs,
  historyKeys,
  type Kept,
  repliedProofSchema,
  type SessionSelector,
} from '@portcullis/revocation'
import { z } from 'zod'
import { SessionError } from '../errors.ts'
import { isOfSubject, type SubjectSelection, selectionOf } from '../selector.ts'
import type { Revocation, RevokeSessions, SessionStore } from '../session-store.ts'
import { type Access, addressOf } from './access.ts'
import {
  changeSourceOf,
  type Placed,
  placed,
  type SubjectInput,
  subjectArgs,
  subjectKeys,
} from './script-parts.ts'

/** For how long a repeated change is recognised. */
const OPERATION_LIFETIME_MS = 24 * 3_600_000
const ID = /^[\w.:-]{1,64}$/

export function createRevoking(access: Access): Pick<SessionStore, 'revoke'> {
  const { changes, inHistory, of } = access
  return {
    async revoke(selector, options) {
      const change = changeOf(selector, options)
      if (isOfSubject(selector)) {
        const { handle, selection } = locate(access, selector)
        const subject = 'subject' in selector ? selector.subject : ''
        const input = { ...of(handle), ...change, selection, subject }
        return revocationOf(await inHistory(() => changes.run(endScript, input)))
      }
      const wide = 'organization' in selector ? selector.organization : '*'
      const moment: number | '' = 'beganBefore' in selector ? selector.beganBefore.getTime() : ''
      const input = { ...of(''), ...change, wide, moment }
      return revocationOf(await inHistory(() => changes.run(raiseNotBeforeScript, input)))
    },
  }
}

type SubjectSelector = Parameters<typeof selectionOf>[0]

/**
 * The record that a selector is about.
 *
 * @throws {SessionError} `ERR_SESSION_NOT_FOUND` for a session that is none of ours, or not the subject's.
 */
export function locate(
  { handles }: Access,
  selector: SubjectSelector,
): { readonly handle: string; readonly selection: SubjectSelection & { readonly field: string } } {
  const { session, ...selection } = selectionOf(selector)
  const address = session === undefined ? undefined : addressOf(session)
  if (!('subject' in selector)) {
    return {
      handle: address?.handle ?? '',
      selection: { ...selection, field: address?.field ?? '' },
    }
  }
  const handle = handles.handleOf(selector.subject)
  if (address && address.handle !== handle) throw new SessionError('ERR_SESSION_NOT_FOUND')
  return { handle, selection: { ...selection, field: address?.field ?? '' } }
}

/** A change as the scripts know it: its id, and what it was asked to be. */
interface ChangeInput {
  readonly cause: string
  readonly id: string | undefined
  readonly digest: string
  readonly by?: Attribution
}

function changeOf(selector: SessionSelector, { cause, id, by }: RevokeSessions): ChangeInput {
  if (id !== undefined && !ID.test(id)) {
    throw new TypeError('id must be 1 to 64 letters, digits, _ . : or -')
  }
  const digest = createHash('sha256').update(JSON.stringify(selector)).digest('base64url')
  return { cause, id, digest: digest.slice(0, 16), by: { change: id, ...by } }
}

const NOT_COUNTED = -1
const ID_REUSED = -2

const endedSchema = z.tuple([z.int(), repliedProofSchema])
type Ended = z.infer<typeof endedSchema>

function revocationOf(reply: NonNullable<Placed<Ended>> & Kept): Revocation {
  const { point, rest, ...kept } = reply
  const [ended, proof] = rest
  if (ended === ID_REUSED) throw new SessionError('ERR_CHANGE_ID_REUSED')
  const isCounted = ended !== NOT_COUNTED
  return { ...point, ended: isCounted ? ended : null, proof: { ...proof, ...kept } }
}

/** Those of the proof; the operation is the last key, and is left out of a change without an id. */
const changeKeys = ({ keyspace, id }: SubjectInput & ChangeInput) => [
  keyspace.members,
  keyspace.barrier,
  ...(id === undefined ? [] : [keyspace.operation(`revoke:${id}`)]),
]

const changeArgs = ({ cause, digest }: ChangeInput) => [cause, digest, OPERATION_LIFETIME_MS]

/** Which of a subject's sessions, for selection.lua. */
export function selectionArgs(selection: {
  readonly mode: string
  readonly field: string
  readonly device?: number
  readonly moment?: number
}): ScriptArgument[] {
  const { mode, field, device = '', moment = '' } = selection
  return [mode, field, device, moment]
}

interface EndInput extends SubjectInput, ChangeInput {
  readonly selection: SubjectSelection & { readonly field: string }
  readonly subject: string
}

const endScript = defineScript<EndInput, Placed<Ended>>({
  source: changeSourceOf('moment', 'selection', 'operation', 'end'),
  keys: (input) => [...subjectKeys(input), ...changeKeys(input)],
  args: (input) => [
    ...subjectArgs(input),
    ...selectionArgs(input.selection),
    '',
    ...changeArgs(input),
    input.subject,
  ],
  reply: placed(endedSchema),
})

interface NotBeforeInput extends SubjectInput, ChangeInput {
  /** `*` or an organization. */
  readonly wide: string
  /** Milliseconds since 1970, or empty for now. */
  readonly moment: number | ''
}

const raiseNotBeforeScript = defineScript<NotBeforeInput, Placed<Ended>>({
  source: changeSourceOf('moment', 'operation', 'raise-not-before'),
  keys: (input) => [...historyKeys(input.keyspace), input.keyspace.notBefore, ...changeKeys(input)],
  args: (input) => [
    ...historyArgs(input.keyspace, input.originator, input.by),
    input.wide,
    input.moment,
    ...changeArgs(input),
  ],
  reply: placed(endedSchema),
})
