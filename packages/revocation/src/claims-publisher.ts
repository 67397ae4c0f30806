import type { InstanceId, OrganizationId, SessionId, SubjectId } from '@portcullis/context'
import {
  connectRedis,
  createKeyspace,
  defineScript,
  type Keyspace,
  readLua,
  whenReady,
} from '@portcullis/redis'
import { z } from 'zod'
import type { FillPoint } from './log/applied-log.ts'
import { createChanges } from './log/changes.ts'
import { historyArgs, historyKeys, historyLua } from './log/history.ts'
import { withHistory } from './log/with-history.ts'
import {
  type ChangeProof,
  proofLua,
  type RepliedProof,
  repliedProofSchema,
} from './receipts/change-proof.ts'
import { createSubjectHandles, type SubjectHandles } from './subject-handles.ts'

interface Change {
  /** The new version of what changed; rises with each change. */
  readonly version: number
  /** Names the change: published twice under one id it is one event. 1 to 64 characters. */
  readonly id: string
  /** Why, in a word, such as `role-changed`. */
  readonly cause: string
  /** Who asked for it; goes into the log, for the audit trail. */
  readonly actor?: SubjectId | undefined
}

/** A subject's claims have a new version. */
export interface SubjectChange extends Change {
  readonly subject: SubjectId
  readonly organization?: undefined
  /** With the claims, the subject's sessions that began before end, all but one; none of those that begin after. */
  readonly endsSessions?: { readonly except: SessionId }
}

/** The rules of an organization have a new version: what its roles permit, or whether it is suspended. */
export interface OrganizationChange extends Change {
  readonly organization: OrganizationId
  readonly subject?: undefined
}

export type ClaimsChange = SubjectChange | OrganizationChange

export interface PublishedClaims extends FillPoint {
  readonly proof: ChangeProof
}

/** Makes a change of claims known: for the service that owns them. It needs no access to sessions. */
export interface ClaimsPublisher extends AsyncDisposable {
  /**
   * @param originator Whom instances tell that they have applied it; see `Follower.enforce`.
   * @returns the change's place and its proof, for `Follower.enforce`.
   * @throws {RedisError} when Redis is away; repeat with the same id.
   */
  publish(change: ClaimsChange, originator?: InstanceId): Promise<PublishedClaims>
}

export interface ClaimsPublisherOptions {
  readonly redisUrl: string
  readonly name: string
  /** The installation's pepper, see `createSubjectHandles`. */
  readonly pepper: string
  readonly keyspace?: Keyspace
  /** Replicas configured beside the primary. Default 0. */
  readonly replicas?: number | undefined
}

/** How long a change waits for a connection that is being made. */
const CONNECTION_WAIT_MS = 1_000
/** For how long a repeated change is recognised. */
const OPERATION_LIFETIME_MS = 24 * 3_600_000
/** For how long a version floor outlives every load that may still be under way, and most sessions. */
const FLOOR_LIFETIME_MS = 30 * 24 * 3_600_000

export function createClaimsPublisher(options: ClaimsPublisherOptions): ClaimsPublisher {
  const { redisUrl: url, name, keyspace = createKeyspace(), replicas = 0 } = options
  const handles = createSubjectHandles(options.pepper)
  const redis = connectRedis({ url, role: 'commands', name })
  const changes = createChanges({ redis, replicas })
  return {
    async publish(change, originator) {
      await whenReady(redis, CONNECTION_WAIT_MS)
      const input = { change, keyspace, handles, originator }
      const published = await withHistory(redis, keyspace, () => changes.run(changeClaims, input))
      const { point, proof, ...kept } = published
      return { ...point, proof: { ...proof, ...kept } }
    },
    async [Symbol.asyncDispose]() {
      redis.disconnect()
    },
  }
}

interface ChangeReply {
  readonly point: FillPoint
  readonly proof: RepliedProof
}

const changeReplySchema = z
  .tuple([z.int(), z.int(), z.instanceof(Buffer), repliedProofSchema])
  .transform(
    ([epoch, seq, nonce, proof]): ChangeReply => ({
      point: { position: { epoch, seq }, nonce: nonce.toString('latin1') },
      proof,
    }),
  )

interface ChangeClaimsInput {
  readonly change: ClaimsChange
  readonly keyspace: Keyspace
  readonly handles: SubjectHandles
  readonly originator: InstanceId | undefined
}

const changeClaims = defineScript<ChangeClaimsInput, ChangeReply | null>({
  source: [historyLua, proofLua, readLua(import.meta.url, './scripts/change-claims.lua')],
  keys: ({ change, keyspace, handles }) => [
    ...historyKeys(keyspace),
    change.subject
      ? keyspace.claims(handles.handleOf(change.subject))
      : keyspace.rules(change.organization),
    keyspace.operation(change.id),
    keyspace.members,
    keyspace.barrier,
  ],
  args: ({ change, keyspace, originator }) => [
    ...historyArgs(keyspace, originator, { actor: change.actor, change: change.id }),
    change.version,
    change.subject ?? '',
    change.organization ?? '',
    change.cause,
    OPERATION_LIFETIME_MS,
    FLOOR_LIFETIME_MS,
    change.subject ? (change.endsSessions?.except ?? '') : '',
  ],
  reply: changeReplySchema.nullable(),
})
