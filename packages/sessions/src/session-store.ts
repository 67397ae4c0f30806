import type {
  AssuranceLevel,
  AuthenticationMethod,
  OrganizationId,
  Position,
  SessionId,
  SubjectId,
} from '@portcullis/context'
import type {
  Attribution,
  ChangeProof,
  FillPoint,
  LogEvent,
  SessionSelector,
} from '@portcullis/revocation'
import type { Claims, OrganizationRules } from './claims.ts'
import type { DeviceKind } from './device.ts'
import type { Session } from './session.ts'

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
  /**
   * A place in the log from before the proof of identity was begun: what is said later ends the session, also if that was
   * before it is started. Default: where it is started.
   */
  readonly begins?: Position
}

/** A new proof of identity for a session that there is. */
export interface RenewSession
  extends Pick<StartSession, 'subject' | 'methods' | 'assurance' | 'profile'> {
  /** What was proved is itself new, such as a password: what ends sessions from before it does not end this. Default false. */
  readonly beginsAnew?: boolean
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

/** A session as it was where something goes on for it, such as a job: which organization it had active there, since when. */
export interface SessionElsewhere {
  readonly organization: OrganizationId | null
  /** A place in the log at which it had. */
  readonly takenAt: Position
}

/** Cached rules of an organization, and what was read with them in the same step. */
export interface LoadedRules {
  /** Where in the log's history it was read; see `Follower.admitRules`. */
  readonly point: FillPoint
  /** Those that may be believed, or null. */
  readonly rules: OrganizationRules | null
  /** The version that they must have to be believed. */
  readonly atLeast: number
}

/** Where there was no live session, in the log's history: only a server that a majority follows may say so. */
export interface MissingSession {
  readonly session: null
  /** The id it would have, or had. */
  readonly id: SessionId
  readonly point: FillPoint
}

export interface Touch {
  readonly id: SessionId
  /** How long ago the request came, in milliseconds. */
  readonly ageMs: number
}

export interface RevokeSessions {
  /** Why, in a word, such as `sign-out`; goes into the log. */
  readonly cause: string
  /**
   * Names the change: repeated under the same id within 24 hours it is the same one, and ends nothing that began since.
   * Without an id each call is a change of its own.
   */
  readonly id?: string
  /** Who asked, and the id of the receipt if it is not `id`; goes into the log, for the audit trail. */
  readonly by?: Attribution
}

/** What ending sessions did. */
export interface Revocation {
  /** Whoever has applied the log up to here refuses what was ended. */
  readonly position: Position
  /** Names the event at that place; see `Change.nonce`. */
  readonly nonce: string
  /** Who has to be waited for, and how many replicas have it; see `Change.proof`. */
  readonly proof: ChangeProof
  /** How many sessions were ended; null where they are not counted. */
  readonly ended: number | null
}

/**
 * The truth about sessions, in Redis. Each change is one script together with its entry in the event log.
 * Every method rejects with a `RedisError` when Redis is away; a change may then have taken effect and can be repeated.
 */
export interface SessionStore extends AsyncDisposable {
  /**
   * @throws {SessionError} `ERR_SESSION_STORE_FULL` when Redis uses more than 90 % of its memory limit;
   *   `ERR_SESSION_OVERTAKEN` when something that ends it was said since `begins`: to be proved anew.
   */
  start(start: StartSession): Promise<StartedSession>
  /** The session behind a cookie's value; null for every reason at once, so that probing tells nothing. */
  load(token: string): Promise<LoadedSession | null>
  /** The same for who judges the answer: where in the log it was found that there is none. Null for a made-up cookie. */
  lookUp(token: string): Promise<LoadedSession | MissingSession | null>
  /**
   * The session of an id, for who has no token of it. With `elsewhere` its organization is the one it had there, and there is
   * none, too, if sessions that had it active have been ended since.
   */
  lookUpById(
    id: SessionId,
    elsewhere?: SessionElsewhere,
  ): Promise<LoadedSession | MissingSession | null>
  /** Notes use of at most 100 sessions. Never brings one back. */
  touch(touches: readonly Touch[]): Promise<number>
  /** Live sessions, newest first. */
  list(subject: SubjectId): Promise<Session[]>
  /**
   * Ends sessions. Those of an organization or of everyone end by one write and are not counted.
   *
   * @throws {SessionError} `ERR_SESSION_NOT_FOUND` for an id that is none of ours, or not the subject's;
   *   `ERR_CHANGE_ID_REUSED` when the id named a change with another selector.
   */
  revoke(selector: SessionSelector, options: RevokeSessions): Promise<Revocation>
  /**
   * How many live sessions `revoke` would end now. Those of an organization or of everyone are counted in a walk over all
   * subjects, a page at a time; null if that takes longer than ten seconds or is not permitted.
   *
   * @throws {SessionError} `ERR_SESSION_NOT_FOUND` as `revoke` does.
   */
  preview(selector: SessionSelector): Promise<number | null>
  /**
   * Whether the subject is a member is for the caller to check.
   *
   * @throws {SessionError} `ERR_SESSION_NOT_FOUND`
   */
  switchOrganization(
    id: SessionId,
    organization: OrganizationId | null,
    by?: Attribution,
  ): Promise<Position>
  /**
   * Gives a session a new secret after a new proof of identity.
   *
   * @throws {SessionError} `ERR_SESSION_NOT_FOUND`
   */
  renew(id: SessionId, proof: RenewSession): Promise<StartedSession>
  /** Brings the truth up to events that the server may have lost, in their order. Idempotent. At most one at a time. */
  repair(events: readonly LogEvent[]): Promise<void>
  /** Caches what the owner of claims answered; false if something newer was announced meanwhile. */
  storeClaims(subject: SubjectId, claims: Claims, askedAt: FillPoint): Promise<boolean>
  /** The cached rules of an organization. */
  loadRules(organization: OrganizationId): Promise<LoadedRules>
  /** As `storeClaims`, for the rules of an organization. */
  storeRules(
    organization: OrganizationId,
    rules: OrganizationRules,
    askedAt: FillPoint,
  ): Promise<boolean>
}
