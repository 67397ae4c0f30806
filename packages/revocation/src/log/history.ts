import { randomBytes } from 'node:crypto'
import type { InstanceId, SubjectId } from '@portcullis/context'
import { type Keyspace, readLua } from '@portcullis/redis'
import { z } from 'zod'
import type { FillPoint } from './applied-log.ts'

/** Lua shared by every script that loads or changes something together with the log. */
export const historyLua = readLua(import.meta.url, '../scripts/history.lua')

/** First keys of every such script, in the order the shared part expects. */
export function historyKeys(keyspace: Keyspace): string[] {
  return [keyspace.epoch, keyspace.head, keyspace.log]
}

/** Who asked for a change, and under which id: written into its events, for the audit trail alone. */
export interface Attribution {
  /** Left out for what nobody asked for, such as the end of the oldest session at the limit. */
  readonly actor?: SubjectId | undefined
  /** As its receipt names it. No colon at the beginning. */
  readonly change?: string | undefined
}

/**
 * First arguments of every such script. The random part makes the nonces of this call's events its own.
 *
 * @param originator Whom members tell that they have applied the events; nobody if it is left out.
 */
export function historyArgs(
  keyspace: Keyspace,
  originator: InstanceId | '' = '',
  { actor, change }: Attribution = {},
): string[] {
  const random = randomBytes(12).toString('hex')
  return [keyspace.hints, [originator, random, actor ?? '', change ?? ''].join(':')]
}

/** First three items of every such script's reply: where in the history it ran. */
export const fillPointSchema = z.tuple([z.int(), z.int(), z.instanceof(Buffer)]).transform(
  ([epoch, seq, nonce]): FillPoint => ({
    position: { epoch, seq },
    nonce: nonce.toString('latin1'),
  }),
)
