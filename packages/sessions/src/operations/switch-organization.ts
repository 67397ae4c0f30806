import { defineScript } from '@portcullis/redis'
import { SessionError } from '../errors.ts'
import type { SessionStore } from '../session-store.ts'
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

export function createSwitching(access: Access): Pick<SessionStore, 'switchOrganization'> {
  const { redis, inHistory, of } = access
  return {
    async switchOrganization(id, organization, by = {}) {
      const { handle, field } = addressOf(id)
      const input = { ...of(handle), field, organization: organization ?? '', by }
      const { point, rest } = await inHistory(() => switchScript.run(redis, input))
      if (!rest[1]) throw new SessionError('ERR_SESSION_NOT_FOUND')
      return point.position
    },
  }
}

const switchScript = defineScript<
  SubjectInput & { field: string; organization: string },
  Placed<Outcome>
>({
  source: sourceOf('switch-organization'),
  keys: subjectKeys,
  args: (input) => [...subjectArgs(input), input.field, input.organization],
  reply: placed(outcome('changed')),
})
