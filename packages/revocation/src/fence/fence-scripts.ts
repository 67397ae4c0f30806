import type { InstanceId } from '@portcullis/context'
import { defineScript, type Keyspace, readLua } from '@portcullis/redis'
import { z } from 'zod'
import type { Epoch } from '../log/applied-log.ts'
import { historyArgs, historyKeys, historyLua } from '../log/history.ts'
import { type FenceReply, fenceReplySchema } from './fence-reply.ts'
import type { FenceRequest } from './fence-server.ts'

interface Scope {
  readonly keyspace: Keyspace
}

/** The service in whose name a gateway asks: it may only touch records of its own. Left out by who asks for itself. */
interface OnBehalf {
  readonly onBehalfOf?: string | undefined
}

const keys = ({ keyspace }: Scope) => [
  ...historyKeys(keyspace),
  keyspace.members,
  keyspace.barrier,
  keyspace.closed,
]

const args = ({ keyspace }: Scope) => historyArgs(keyspace)

const lua = (name: string) => readLua(import.meta.url, `../scripts/${name}.lua`)

const text = z.instanceof(Buffer).transform((bytes) => bytes.toString('utf8'))

/** The record belongs to another service than the one in whose name it was to be written. */
export const FOREIGN = -1
const foreignSchema = z.literal(FOREIGN)

type FenceInput = Scope & OnBehalf & FenceRequest

export const fenceScript = defineScript<FenceInput, FenceReply | null | typeof FOREIGN>({
  source: [historyLua, lua('own-record'), lua('fence')],
  keys,
  args: (input) => [
    ...args(input),
    input.after,
    input.limit,
    input.instance,
    JSON.stringify(input.record),
    input.listsMembers ? 1 : 0,
    input.onBehalfOf ?? '',
  ],
  reply: z.union([fenceReplySchema, foreignSchema]).nullable(),
})

type OpenInput = Scope & { readonly held: Epoch; readonly broken: boolean }

export const openScript = defineScript<OpenInput, number>({
  source: [historyLua, lua('open')],
  keys,
  args: (input) => [...args(input), input.held.counter, input.held.random, input.broken ? 1 : 0],
  reply: z.literal(1),
})

type SettleInput = Scope & { readonly random: string; readonly state: string }

export const settleScript = defineScript<SettleInput, string | null>({
  source: [historyLua, lua('settle')],
  keys,
  args: (input) => [...args(input), input.random, input.state],
  reply: text.nullable(),
})

type LeaveInput = Scope & OnBehalf & { readonly leaver: InstanceId; readonly record: string }

export const leaveScript = defineScript<LeaveInput, number | null>({
  source: [historyLua, lua('own-record'), lua('leave')],
  keys,
  args: (input) => [...args(input), input.leaver, input.record, input.onBehalfOf ?? ''],
  reply: z.int().nullable(),
})

export const declareNewScript = defineScript<Scope, number>({
  source: [lua('declare-new')],
  keys,
  args: () => [],
  reply: z.int(),
})

interface AcknowledgeInput extends Scope {
  readonly instance: InstanceId
  readonly onBehalfOf: string
  readonly message: string
  readonly originators: readonly InstanceId[]
}

export const acknowledgeScript = defineScript<AcknowledgeInput, number>({
  source: [lua('own-record'), lua('acknowledge')],
  keys: ({ keyspace }) => [keyspace.members],
  args: ({ keyspace, instance, onBehalfOf, message, originators }) => [
    instance,
    onBehalfOf,
    message,
    ...originators.map(keyspace.acknowledgements),
  ],
  reply: z.union([z.literal(1), foreignSchema]),
})
