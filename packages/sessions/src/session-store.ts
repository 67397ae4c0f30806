import type {
  AssuranceLevel,
  AuthenticationMethod,
  InstanceId,
  OrganizationId,
  Position,
  SessionId,
  SubjectId,
} from '@portcullis/context'
import { connectRedis, createKeyspace, type Keyspace, whenReady } from '@portcullis/redis'
import {
  createSubjectHandles,
  type FillPoint,
  type LogEvent,
  withHistory,
} from '@portcullis/revocation'
import type { Claims } from './claims.ts'
import { DEVICE_KINDS, type DeviceKind } from './device.ts'
import { SessionError } from './errors.ts'
import { assertProfiles, DEFAULT_PROFILES, type SessionProfiles } from './profiles.ts'
import {
  endScript,
  listScript,
  loadScript,
  raiseNotBeforeScript,
  reassertScript,
  renewScript,
  startScript,
  storeClaimsScript,
  switchScript,
  touchScript,
} from './scripts.ts'
import { type Session, toSession } from './session.ts'
import { encodeLevels, encodeMethods } from './session-record.ts'
import { addressOfSession, createSessionTokens, type SessionAddress } from './session-token.ts'

export interface StartSession {
  readonly subject: SubjectId
  /** How the person proved who they are; at least one. */
  readonly methods: readonly AuthenticationMethod[]
  /** What that amounts to. Default `aal1`. */
  readonly assurance?: AssuranceLevel
  /** Whose timeouts the session has. Default `aal2`: 24 hours, or one hour without a request. */
  readonly profile?: AssuranceLevel
  readonly organization?: OrganizationId | null
  /** A longer label is cut to 80 characters. */
  readonly device?: { readonly kind?: DeviceKind; readonly label?: string | null }
}

export interface StartedSession {
  /** The cookie's value, 47 characters. The only time the secret is seen. */
  readonly token: string
  readonly session: Session
  readonly position: Position
}

/** A live session and what was read with it in the same step. */
export interface LoadedSession {
  readonly session: Session
  /** Where in the log's history it was read; see `Follower.admit`. */
  readonly point: FillPoint
  /** Milliseconds from the reading until the absolute end. */
  readonly endsInMs: number
  /** Milliseconds from the reading until it has to be read again to see whether it is idle; null for never. */
  readonly idleInMs: number | null
  /** Cached claims that may be believed, or null. */
  readonly claims: Claims | null
  /** The version that claims must have to be believed. */
  readonly claimsAtLeast: number
}

export interface Touch {
  readonly id: SessionId
  /** How long ago the request came, in milliseconds. */
  readonly ageMs: number
}

/** What ending sessions did. */
export interface Revocation {
  /** Whoever has applied the log up to here refuses what was ended. */
  readonly position: Position
  /** How many sessions were ended; null where they are not counted. */
  readonly ended: number | null
}

/**
 * The truth about sessions, in Redis. Each change is one script together with its entry in the event log.
 * Every method rejects with a `RedisError` when Redis is away; a change may then have taken effect and can be repeated.
 */
export interface SessionStore extends AsyncDisposable {
  /**
   * @throws {SessionError} `ERR_SESSION_STORE_FULL` when Redis uses more than 90 % of its memory limit.
   */
  start(start: StartSession): Promise<StartedSession>
  /** The session behind a cookie's value; null for every reason at once, so that probing tells nothing. */
  load(token: string): Promise<LoadedSession | null>
  /** Notes use of at most 100 sessions. Never brings one back. */
  touch(touches: readonly Touch[]): Promise<number>
  /** Live sessions, newest first. */
  list(subject: SubjectId): Promise<Session[]>
  revoke(id: SessionId, options: { readonly cause: string }): Promise<Revocation>
  revokeOthers(options: {
    readonly subject: SubjectId
    readonly keep: SessionId
    readonly cause: string
  }): Promise<Revocation>
  revokeSubject(subject: SubjectId, options: { readonly cause: string }): Promise<Revocation>
  /** Ends the sessions that have the organization active. */
  revokeOrganization(
    organization: OrganizationId,
    options: { readonly cause: string },
  ): Promise<Revocation>
  /** Ends all sessions that began before this moment. */
  revokeEveryone(options: { readonly cause: string }): Promise<Revocation>
  /**
   * Whether the subject is a member is for the caller to check.
   *
   * @throws {SessionError} `ERR_SESSION_NOT_FOUND`
   */
  switchOrganization(id: SessionId, organization: OrganizationId | null): Promise<Position>
  /**
   * Gives a session a new secret after a new proof of identity.
   *
   * @throws {SessionError} `ERR_SESSION_NOT_FOUND`
   */
  renew(
    id: SessionId,
    proof: Pick<StartSession, 'subject' | 'methods' | 'assurance' | 'profile'>,
  ): Promise<StartedSession>
  /** Brings the truth up to events that the server may have lost, in their order. Idempotent. At most one at a time. */
  repair(events: readonly LogEvent[]): Promise<void>
  /** Caches what the owner of claims answered; false if something newer was announced meanwhile. */
  storeClaims(subject: SubjectId, claims: Claims, askedAt: FillPoint): Promise<boolean>
}

export interface SessionStoreOptions {
  readonly redisUrl: string
  /** Who uses the store; part of the connection's name on the server. */
  readonly name: string
  /** Secret of the installation, 32 bytes or more in base64url. Never changes. */
  readonly pepper: string
  /** Secrets for the cookies' check, 32 bytes or more in base64url: the current, and one before it during a rotation. */
  readonly tokenKeys: readonly string[]
  readonly keyspace?: Keyspace
  /** Whom instances tell that they have applied a change; see `Follower.enforce`. */
  readonly originator?: InstanceId
  readonly profiles?: SessionProfiles
  /** Sessions of one subject; a further one ends the oldest. Default 20, at most 100. */
  readonly maxSessionsPerSubject?: number
  /** How long to wait for Redis at the start, in milliseconds. Default 10,000. */
  readonly startTimeoutMs?: number
}

/** Sessions in one call of `touch`. */
export const MAX_TOUCHES = 100
const REPAIRS_AT_ONCE = 100
const MAX_LABEL_LENGTH = 80
/** Share of Redis's memory limit at which no session is started any more, in percent. */
const MEMORY_PERCENT = 90
const CLAIMS_LIFETIME_MS = 30 * 24 * 3_600_000

/**
 * @throws {RevocationError} `ERR_PEPPER_MISMATCH` when the installation was set up with another pepper.
 * @throws {RedisError} `ERR_REDIS_UNAVAILABLE` when Redis does not answer in `startTimeoutMs`.
 */
export async function createSessionStore(options: SessionStoreOptions): Promise<SessionStore> {
  const { redisUrl: url, name, keyspace = createKeyspace(), startTimeoutMs = 10_000 } = options
  const { profiles = DEFAULT_PROFILES, maxSessionsPerSubject: maxSessions = 20 } = options
  if (!Number.isInteger(maxSessions) || maxSessions < 1 || maxSessions > 100) {
    throw new TypeError('maxSessionsPerSubject must be a whole number from 1 to 100')
  }
  assertProfiles(profiles)
  const handles = createSubjectHandles(options.pepper)
  const tokens = createSessionTokens(options.tokenKeys)
  const redis = connectRedis({ url, role: 'commands', name })
  try {
    await whenReady(redis, startTimeoutMs)
    await handles.assertPepper(redis, keyspace)
  } catch (error) {
    redis.disconnect()
    throw error
  }

  const inHistory = <Reply>(run: () => Promise<Reply | null>) => withHistory(redis, keyspace, run)
  const originator: InstanceId | '' = options.originator ?? ''
  const of = (handle: string) => ({ keyspace, originator, profiles, handle })

  async function end(
    handle: string,
    what: { mode: 'one' | 'others' | 'all'; field?: string; subject?: string; cause: string },
  ): Promise<Revocation> {
    const input = { ...of(handle), field: '', subject: '', ...what }
    const { point, rest } = await inHistory(() => endScript.run(redis, input))
    return { position: point.position, ended: rest[0] }
  }

  async function raiseNotBefore(what: string, cause: string): Promise<Revocation> {
    const input = { keyspace, originator, of: what, cause }
    const { position } = await inHistory(() => raiseNotBeforeScript.run(redis, input))
    return { position, ended: null }
  }

  function reassert(event: LogEvent) {
    const session = event.session ? addressOfSession(event.session) : null
    const handle = session?.handle ?? (event.subject ? handles.handleOf(event.subject) : '')
    const input = { ...of(handle), field: session?.field ?? '', event }
    return inHistory(() => reassertScript.run(redis, input))
  }

  return {
    async start({ subject, methods, organization = null, device = {}, ...levels }) {
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
          memoryPercent: MEMORY_PERCENT,
        }),
      )
      const record = rest[1]
      if (!record) throw new SessionError('ERR_SESSION_STORE_FULL')
      const session = toSession(subject, address, record, label || null)
      return { token, session, position: point.position }
    },

    async load(token) {
      const address = tokens.read(token)
      if (!address) return null
      const input = { ...of(address.handle), field: address.field }
      const { point, rest } = await inHistory(() => loadScript.run(redis, input))
      if (!rest) return null
      const session = toSession(rest.subject, address, rest.record, rest.label)
      const { idleSeconds } = profiles[session.profile]
      return {
        session,
        point,
        endsInMs: session.endsAt - rest.serverNow,
        idleInMs: idleSeconds ? session.lastSeenAt + idleSeconds * 1_000 - rest.serverNow : null,
        claims: rest.claims,
        claimsAtLeast: rest.claimsAtLeast,
      }
    },

    async touch(touches) {
      if (touches.length > MAX_TOUCHES) throw new TypeError(`at most ${MAX_TOUCHES} touches`)
      const found = touches.flatMap(({ id, ageMs }) => {
        const address = addressOfSession(id)
        return address ? [{ ...address, ageSeconds: Math.ceil(Math.max(0, ageMs) / 1_000) }] : []
      })
      if (found.length === 0) return 0
      return inHistory(() => touchScript.run(redis, { keyspace, profiles, touches: found }))
    },

    async list(subject) {
      const handle = handles.handleOf(subject)
      const { rest } = await inHistory(() => listScript.run(redis, of(handle)))
      return rest
        .map(([field, record, label]) =>
          toSession(subject, { handle, field }, record, label || null),
        )
        .sort((a, b) => b.startedAt - a.startedAt)
    },

    async revoke(id, { cause }) {
      const { handle, field } = addressOf(id)
      return end(handle, { mode: 'one', field, cause })
    },

    async revokeOthers({ subject, keep, cause }) {
      const { handle, field } = addressOf(keep)
      if (handle !== handles.handleOf(subject)) throw new SessionError('ERR_SESSION_NOT_FOUND')
      return end(handle, { mode: 'others', field, cause })
    },

    revokeSubject: (subject, { cause }) =>
      end(handles.handleOf(subject), { mode: 'all', subject, cause }),

    revokeOrganization: (organization, { cause }) => raiseNotBefore(organization, cause),

    revokeEveryone: ({ cause }) => raiseNotBefore('*', cause),

    async switchOrganization(id, organization) {
      const { handle, field } = addressOf(id)
      const input = { ...of(handle), field, organization: organization ?? '' }
      const { point, rest } = await inHistory(() => switchScript.run(redis, input))
      if (!rest[1]) throw new SessionError('ERR_SESSION_NOT_FOUND')
      return point.position
    },

    async renew(id, { subject, methods, assurance = 'aal1', profile = 'aal2' }) {
      const old = addressOf(id)
      if (old.handle !== handles.handleOf(subject)) throw new SessionError('ERR_SESSION_NOT_FOUND')
      const { token, address } = tokens.create(old.handle)
      const { point, rest } = await inHistory(() =>
        renewScript.run(redis, {
          ...of(old.handle),
          field: old.field,
          newField: address.field,
          methods: encodeMethods(methods),
          levels: encodeLevels({ profile, assurance }),
          absoluteSeconds: profiles[profile].absoluteSeconds,
        }),
      )
      if (!rest[1]) throw new SessionError('ERR_SESSION_NOT_FOUND')
      const session = toSession(subject, address, rest[1], null)
      return { token, session, position: point.position }
    },

    async repair(events) {
      for (let i = 0; i < events.length; i += REPAIRS_AT_ONCE) {
        await Promise.all(events.slice(i, i + REPAIRS_AT_ONCE).map(reassert))
      }
    },

    async storeClaims(subject, claims, askedAt) {
      const input = {
        keyspace,
        handle: handles.handleOf(subject),
        epoch: askedAt.position.epoch,
        claims,
        lifetimeMs: CLAIMS_LIFETIME_MS,
      }
      return (await inHistory(() => storeClaimsScript.run(redis, input))) === 1
    },

    async [Symbol.asyncDispose]() {
      redis.disconnect()
    },
  }
}

function addressOf(id: SessionId): SessionAddress {
  const address = addressOfSession(id)
  if (!address) throw new SessionError('ERR_SESSION_NOT_FOUND')
  return address
}
