import type { Position } from '@portcullis/context'
import { defineScript } from '@portcullis/redis'
import { DEVICE_KINDS } from '@portcullis/revocation'
import { SessionError } from '../errors.ts'
import { toSession } from '../session.ts'
import { encodeLevels, encodeMethods } from '../session-record.ts'
import type { SessionStore } from '../session-store.ts'
import type { SessionTokens } from '../session-token.ts'
import { type Access, addressOf } from './access.ts'
import {
  type Outcome,
  outcome,
  type Placed,
  placed,
  type SubjectInput,
  sourceOf,
  subjectArgs,
  subjectKeys,
} from './script-parts.ts'

const MAX_LABEL_LENGTH = 80
/** Share of Redis's memory limit at which no session is started any more, in percent. */
const MEMORY_PERCENT = 90

export function createStarting(
  { redis, profiles, handles, inHistory, of }: Access,
  tokens: SessionTokens,
  maxSessions: number,
): Pick<SessionStore, 'start' | 'renew'> {
  return {
    async start({ subject, methods, organization = null, device = {}, begins, ...levels }) {
      const { assurance = 'aal1', profile = 'aal2' } = levels
      if (methods.length === 0) throw new TypeError('methods must name at least one method')
      const { token, address } = tokens.create(handles.handleOf(subject))
      const label = device.label?.slice(0, MAX_LABEL_LENGTH) ?? ''
      const { point, rest } = await inHistory(() =>
        startScript.run(redis, {
          ...of(address.handle),
          subject,
          field: address.field,
          methods: encodeMethods(methods),
          levels: encodeLevels({ profile, assurance }),
          device: DEVICE_KINDS.indexOf(device.kind ?? 'unknown'),
          organization: organization ?? '',
          absoluteSeconds: profiles[profile].absoluteSeconds,
          maxSessions,
          label,
          begins,
        }),
      )
      const [found, record] = rest
      if (found === 'none') throw new SessionError('ERR_SESSION_OVERTAKEN')
      if (!record) throw new SessionError('ERR_SESSION_STORE_FULL')
      const session = toSession(subject, address, record, label || null)
      return { token, session, position: point.position }
    },

    async renew(
      id,
      { subject, methods, assurance = 'aal1', profile = 'aal2', beginsAnew = false },
    ) {
      const old = addressOf(id)
      if (old.handle !== handles.handleOf(subject)) throw new SessionError('ERR_SESSION_NOT_FOUND')
      const { token, address } = tokens.create(old.handle)
      const { point, rest } = await inHistory(() =>
        renewScript.run(redis, {
          ...of(old.handle),
          by: { actor: subject },
          field: old.field,
          newField: address.field,
          beginsAnew,
          methods: encodeMethods(methods),
          levels: encodeLevels({ profile, assurance }),
          absoluteSeconds: profiles[profile].absoluteSeconds,
        }),
      )
      if (!rest[1]) throw new SessionError('ERR_SESSION_NOT_FOUND')
      const session = toSession(subject, address, rest[1], null)
      return { token, session, position: point.position }
    },
  }
}

interface ProofInput extends SubjectInput {
  readonly field: string
  readonly methods: number
  readonly levels: number
  readonly absoluteSeconds: number
}

interface StartInput extends ProofInput {
  readonly subject: string
  readonly device: number
  readonly organization: string
  readonly maxSessions: number
  readonly label: string
  readonly begins: Position | undefined
}

const startScript = defineScript<StartInput, Placed<Outcome>>({
  source: sourceOf('start'),
  keys: (input) => [...subjectKeys(input), input.keyspace.claims(input.handle)],
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
    MEMORY_PERCENT,
    input.begins?.epoch ?? '',
    input.begins?.seq ?? '',
  ],
  reply: placed(outcome('started')),
})

interface RenewInput extends ProofInput {
  readonly newField: string
  readonly beginsAnew: boolean
}

const renewScript = defineScript<RenewInput, Placed<Outcome>>({
  source: sourceOf('renew'),
  keys: subjectKeys,
  args: (input) => [
    ...subjectArgs(input),
    input.field,
    input.newField,
    input.methods,
    input.levels,
    input.absoluteSeconds,
    input.beginsAnew ? 1 : 0,
  ],
  reply: placed(outcome('renewed')),
})
