import type { InstanceId } from '@portcullis/context'
import { connectRedis, createKeyspace, type Keyspace, whenReady } from '@portcullis/redis'
import { createChanges, createSubjectHandles } from '@portcullis/revocation'
import { createAccess } from './operations/access.ts'
import { createCounting } from './operations/count-sessions.ts'
import { createListing } from './operations/list-sessions.ts'
import { createRulesLoading } from './operations/load-rules.ts'
import { createLoading } from './operations/load-session.ts'
import { createRepair } from './operations/repair.ts'
import { createRevoking } from './operations/revoke-sessions.ts'
import { createStarting } from './operations/start-session.ts'
import { createClaimsStoring } from './operations/store-claims.ts'
import { createSwitching } from './operations/switch-organization.ts'
import { createTouching } from './operations/touch-sessions.ts'
import { assertProfiles, DEFAULT_PROFILES, type SessionProfiles } from './profiles.ts'
import type { SessionStore } from './session-store.ts'
import { createSessionTokens } from './session-token.ts'

export interface SessionStoreOptions {
  readonly redisUrl: string
  /** Who uses the store; part of the connection's name on the server. */
  readonly name: string
  /** Secret of the installation, 32 bytes or more in base64url. Never changes. */
  readonly pepper: string
  /** Secrets for the cookies' check, 32 bytes or more in base64url: the current, and one before it during a rotation. */
  readonly tokenKeys: readonly string[]
  readonly keyspace?: Keyspace
  /** Replicas configured beside the primary, so that a change waits for a majority. Default 0. */
  readonly replicas?: number | undefined
  /** Whom instances tell that they have applied a change; see `Follower.enforce`. */
  readonly originator?: InstanceId
  /** Epoch that this instance has adopted. A server that answers under an earlier one was deposed, and is left. Default 0. */
  readonly adoptedEpoch?: () => number
  readonly profiles?: SessionProfiles
  /** Sessions of one subject; a further one ends the oldest. Default 20, at most 100. */
  readonly maxSessionsPerSubject?: number
  /** How long to wait for Redis at the start, in milliseconds. Default 10,000. */
  readonly startTimeoutMs?: number
}

/**
 * @throws {RevocationError} `ERR_PEPPER_MISMATCH` when the installation was set up with another pepper.
 * @throws {RedisError} `ERR_REDIS_UNAVAILABLE` when Redis does not answer in `startTimeoutMs`.
 */
export async function createSessionStore(options: SessionStoreOptions): Promise<SessionStore> {
  const { redisUrl: url, name, keyspace = createKeyspace(), startTimeoutMs = 10_000 } = options
  const {
    replicas = 0,
    profiles = DEFAULT_PROFILES,
    maxSessionsPerSubject: maxSessions = 20,
  } = options
  if (!Number.isInteger(maxSessions) || maxSessions < 1 || maxSessions > 100) {
    throw new TypeError('maxSessionsPerSubject must be a whole number from 1 to 100')
  }
  assertProfiles(profiles)
  const handles = createSubjectHandles(options.pepper)
  const tokens = createSessionTokens(options.tokenKeys)
  const redis = connectRedis({ url, role: 'commands', name })
  // A WAIT would hold up whatever comes after it on the connection.
  const changing = replicas > 0 ? connectRedis({ url, role: 'changes', name }) : redis

  function disconnect() {
    redis.disconnect()
    changing.disconnect()
  }

  try {
    await Promise.all([whenReady(redis, startTimeoutMs), whenReady(changing, startTimeoutMs)])
    await handles.assertPepper(redis, keyspace)
  } catch (error) {
    disconnect()
    throw error
  }

  const originator: InstanceId | '' = options.originator ?? ''
  const { adoptedEpoch = () => 0 } = options
  const changes = createChanges({ redis: changing, replicas })
  const shared = { redis, keyspace, originator, profiles, handles, adoptedEpoch }
  const access = createAccess({ ...shared, changes })
  return {
    ...createStarting(access, tokens, maxSessions),
    ...createLoading(access, tokens),
    ...createTouching(access),
    ...createListing(access),
    ...createRevoking(access),
    ...createCounting(access),
    ...createSwitching(access),
    ...createRepair(access),
    ...createClaimsStoring(access),
    ...createRulesLoading(access),
    async [Symbol.asyncDispose]() {
      disconnect()
    },
  }
}
