import type { OrganizationId, Position } from '@portcullis/context'
import { keyOf, type LogEvent } from './event.ts'
import { createFloors, type PrincipalKeys } from './floors.ts'

/** A history of the log; `random` tells two histories apart that counted alike. */
export interface Epoch {
  readonly counter: number
  readonly random: string
}

/** Where a value was read: the head of the log in the same step. */
export interface FillPoint {
  readonly position: Position
  readonly nonce: string
}

/** The log as far as this instance has applied it: each event once, in order, without a gap. Does no I/O. */
export interface AppliedLog {
  readonly epoch: Epoch
  readonly position: Position
  /** Starts over at a head, knowing only `newest`, the unbroken entries up to it. */
  adopt(epoch: Epoch, head: FillPoint, newest: readonly LogEvent[]): void
  /**
   * Applies the next event. `known` if it was applied before, `gap` if one is missing before it or it belongs to another
   * history; the floor of its key is raised all the same, since to believe less is always safe.
   */
  apply(event: LogEvent): 'applied' | 'known' | 'gap'
  /** The log was trimmed past this place: what it said up to `head` is unknown. */
  skipTo(head: FillPoint): void
  /** Whether the head lies on this history and nothing before it is missing. */
  isAt(head: FillPoint): boolean
  /** Whether everything up to that place is applied, and it lies on this history as far as that can be told. */
  hasApplied(position: Position, nonce?: string): boolean
  /** False only if nothing said after `checkedAt` touches these keys, under the same epoch. */
  isStale(keys: PrincipalKeys, checkedAt: Position): boolean
  /** As `isStale`, leaving out what was said of the organization's rules. */
  isSessionStale(keys: PrincipalKeys, checkedAt: Position): boolean
  /** False only if nothing said after `checkedAt` touches the rules of the organization, under the same epoch. */
  areRulesStale(organization: OrganizationId, checkedAt: Position): boolean
  /**
   * Whether a value read at `point` may be used. `ahead`: this instance has to catch up first. `superseded`: something was
   * said since, or the point lies on another history: read again. What was said of the organization's rules is not looked
   * at: they are read apart.
   */
  admit(point: FillPoint, keys: PrincipalKeys): Admission
  /** Whether that place lies on this history, and everything up to it is applied. */
  isOn(point: FillPoint): boolean
  /** As `admit`, for the rules of an organization. */
  admitRules(point: FillPoint, organization: OrganizationId): Admission
}

export type Admission = 'admitted' | 'superseded' | 'ahead'

export interface AppliedLogOptions {
  /** Keys with a floor of their own. Default 100,000. */
  readonly maxFloors?: number
  /** For how many events back a fill can be placed on this history. Default 4,096. */
  readonly fillWindow?: number
}

export function createAppliedLog(options: AppliedLogOptions = {}): AppliedLog {
  const { maxFloors, fillWindow = 4_096 } = options
  const floors = createFloors(maxFloors)
  let epoch: Epoch = { counter: 0, random: '' }
  let position: Position = { epoch: 0, seq: 0 }
  let nonce = ''
  // nonces[seq % fillWindow] belongs to seq, for the last fillWindow events.
  let nonces: string[] = []
  let oldestKnownSeq = 0

  function moveTo(point: FillPoint) {
    position = point.position
    nonce = point.nonce
    nonces[position.seq % fillWindow] = nonce
  }

  function restart(point: FillPoint) {
    nonces = []
    oldestKnownSeq = point.position.seq
    moveTo(point)
  }

  function isAt(head: FillPoint) {
    return (
      head.position.epoch === position.epoch &&
      head.position.seq === position.seq &&
      head.nonce === nonce
    )
  }

  function nonceAt(seq: number) {
    const oldest = Math.max(oldestKnownSeq, position.seq - fillWindow + 1)
    return seq >= oldest ? nonces[seq % fillWindow] : undefined
  }

  function hasReached(place: Position) {
    return place.epoch === position.epoch && place.seq <= position.seq
  }

  function isSessionStale(keys: PrincipalKeys, checkedAt: Position) {
    return checkedAt.epoch !== position.epoch || floors.isSessionBelow(keys, checkedAt.seq)
  }

  function areRulesStale(organization: OrganizationId, checkedAt: Position) {
    return checkedAt.epoch !== position.epoch || floors.areRulesBelow(organization, checkedAt.seq)
  }

  function raise(event: LogEvent) {
    const { kind, organization, position } = event
    if (kind === 'organization.changed' && organization) {
      floors.raiseRules(organization, position.seq)
    } else {
      floors.raise(keyOf(event), position.seq)
    }
  }

  function place(point: FillPoint, isStaleAt: (position: Position) => boolean): Admission {
    if (!hasReached(point.position)) return 'ahead'
    const onHistory = nonceAt(point.position.seq) === point.nonce
    return onHistory && !isStaleAt(point.position) ? 'admitted' : 'superseded'
  }

  return {
    get epoch() {
      return epoch
    },
    get position() {
      return position
    },
    isAt,
    isStale(keys, checkedAt) {
      return checkedAt.epoch !== position.epoch || floors.isBelow(keys, checkedAt.seq)
    },
    isSessionStale,
    areRulesStale,

    adopt(next, head, newest) {
      epoch = next
      const before = (newest[0]?.position.seq ?? head.position.seq + 1) - 1
      floors.reset(before)
      for (const event of newest) raise(event)
      restart(head)
    },

    apply(event) {
      if (event.position.epoch !== position.epoch) return 'gap'
      const { seq } = event.position
      if (seq <= position.seq && nonceAt(seq) === event.nonce) return 'known'
      raise(event)
      if (seq !== position.seq + 1 || event.previousNonce !== nonce) return 'gap'
      moveTo(event)
      return 'applied'
    },

    skipTo(head) {
      floors.reset(head.position.seq)
      restart(head)
    },

    hasApplied(place, expected) {
      if (!hasReached(place)) return false
      const known = nonceAt(place.seq)
      return expected === undefined || known === undefined || known === expected
    },

    isOn: (point) => place(point, () => false) === 'admitted',
    admit: (point, keys) => place(point, (position) => isSessionStale(keys, position)),
    admitRules: (point, organization) =>
      place(point, (position) => areRulesStale(organization, position)),
  }
}
