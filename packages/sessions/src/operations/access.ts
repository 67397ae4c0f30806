import type { InstanceId, SessionId } from '@portcullis/context'
import { type Keyspace, leaveServer, type Redis } from '@portcullis/redis'
import {
  type Changes,
  type FillPoint,
  type SubjectHandles,
  withHistory,
} from '@portcullis/revocation'
import { SessionError } from '../errors.ts'
import type { SessionProfiles } from '../profiles.ts'
import { addressOfSession, type SessionAddress } from '../session-token.ts'
import type { SubjectInput } from './script-parts.ts'

export interface AccessOptions {
  readonly redis: Redis
  /** Those that a receipt is asked for. */
  readonly changes: Changes
  readonly keyspace: Keyspace
  readonly originator: InstanceId | ''
  readonly profiles: SessionProfiles
  readonly handles: SubjectHandles
  readonly adoptedEpoch: () => number
}

/** What every operation of the store works with. */
export interface Access extends AccessOptions {
  /** Runs a script that answers null where the server has no history of its own yet. */
  inHistory<Reply>(run: () => Promise<Reply | null>): Promise<Reply>
  /** Common input of the scripts of one subject's sessions. */
  of(handle: string): SubjectInput
}

export function createAccess(options: AccessOptions): Access {
  const { redis, keyspace, originator, profiles, adoptedEpoch } = options
  return {
    ...options,
    async inHistory(run) {
      const reply = await withHistory(redis, keyspace, run)
      if (isPlaced(reply) && reply.point.position.epoch < adoptedEpoch()) leaveServer(redis)
      return reply
    },
    of: (handle) => ({ keyspace, originator, profiles, handle }),
  }
}

function isPlaced(reply: unknown): reply is { readonly point: FillPoint } {
  return typeof reply === 'object' && reply !== null && 'point' in reply
}

/** @throws {SessionError} `ERR_SESSION_NOT_FOUND` for an id that is none of ours. */
export function addressOf(id: SessionId): SessionAddress {
  const address = addressOfSession(id)
  if (!address) throw new SessionError('ERR_SESSION_NOT_FOUND')
  return address
}
