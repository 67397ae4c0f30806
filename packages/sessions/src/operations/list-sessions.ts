import { defineScript } from '@portcullis/redis'
import { z } from 'zod'
import { toSession } from '../session.ts'
import type { SessionStore } from '../session-store.ts'
import type { Access } from './access.ts'
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

export function createListing(access: Access): Pick<SessionStore, 'list'> {
  const { redis, handles, inHistory, of } = access
  return {
    async list(subject) {
      const handle = handles.handleOf(subject)
      const { rest } = await inHistory(() => listScript.run(redis, of(handle)))
      return rest
        .map(([field, record, label]) =>
          toSession(subject, { handle, field }, record, label || null),
        )
        .sort((a, b) => b.startedAt - a.startedAt)
    },
  }
}

const listedSchema = z
  .array(z.instanceof(Buffer))
  .transform((flat) =>
    Array.from({ length: flat.length / 3 }, (_, i) => flat.slice(3 * i, 3 * i + 3)),
  )
  .pipe(z.array(z.tuple([text, recordSchema, text])))

const listScript = defineScript<SubjectInput, Placed<z.infer<typeof listedSchema>>>({
  source: sourceOf('list'),
  keys: subjectKeys,
  args: subjectArgs,
  reply: placed(listedSchema),
})
