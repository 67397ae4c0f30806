import { readLua } from '@portcullis/redis'
import { z } from 'zod'
import { type BarrierState, barrierStateSchema } from '../fence/fence-reply.ts'
import { type Member, membersSchema } from '../fence/member.ts'
import type { Kept } from '../log/changes.ts'
import { textSchema, textsSchema } from '../log/text.ts'

/** Lua that adds a proof to the reply of a change. */
export const proofLua = readLua(import.meta.url, '../scripts/proof.lua')

/** What a change's own reply says of it, so that no fence has to follow it: the step that wrote the entry listed the members. */
export interface ChangeProof extends Kept {
  /** Random part of the epoch it was made under. */
  readonly random: string
  readonly barrier: BarrierState
  /** Replicas attached to the server. */
  readonly attached: number
  readonly members: readonly Member[]
}

/** What proof.lua adds to a reply; the rest is found out behind it. */
export type RepliedProof = Omit<ChangeProof, keyof Kept>

export const repliedProofSchema = z
  .tuple([
    textSchema,
    textSchema.pipe(barrierStateSchema),
    z.int(),
    textsSchema.pipe(membersSchema),
  ])
  .transform(
    ([random, barrier, attached, members]): RepliedProof => ({
      random,
      barrier,
      attached,
      members,
    }),
  )
