import { z } from 'zod'
import { eventSchema } from '../log/event.ts'
import { textSchema as text, textsSchema } from '../log/text.ts'
import { membersSchema } from './member.ts'

/**
 * What may be done under an epoch. `down`: nothing, those who know of earlier events have not repaired the truth yet.
 * `done`: leases and loads. `settled`: nobody can hold a lease of an earlier epoch, so acknowledgements are complete.
 */
export type BarrierState = 'down' | 'done' | 'settled'

export const barrierStateSchema = z.enum(['down', 'done', 'settled'] satisfies BarrierState[])

/**
 * The reply of fence.lua with its bytes as text: epoch, seq and nonce of the head, random part of the epoch, barrier,
 * replicas attached, entries, members, time of the server. A gateway hands it on as it is, so that what only the instance understands arrives.
 */
export const fenceReplySchema = z.tuple([
  z.int(),
  z.int(),
  text,
  text,
  text,
  z.int(),
  z.array(z.tuple([text, textsSchema])),
  textsSchema,
  z.int(),
])

export type FenceReply = z.infer<typeof fenceReplySchema>

export function attachedReplicas(reply: FenceReply): number {
  return reply[5]
}

const pageSchema = z
  .tuple([
    z.int(),
    z.int(),
    z.string(),
    z.string(),
    barrierStateSchema,
    z.int(),
    z.array(eventSchema),
    membersSchema,
    z.int(),
  ])
  .transform(([counter, seq, nonce, random, barrier, _attached, entries, members, serverTime]) => ({
    epoch: { counter, random },
    head: { position: { epoch: counter, seq }, nonce },
    barrier,
    entries,
    members,
    serverTime,
  }))

/** @throws {z.ZodError} when an entry of the log cannot be read. */
export function readFenceReply(reply: FenceReply): z.infer<typeof pageSchema> {
  return pageSchema.parse(reply)
}
