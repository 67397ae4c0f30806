import { createId, type Position } from '@portcullis/context'
import type { EventKind, Follower, LogEvent, PrincipalKeys } from '@portcullis/revocation'
import { type Clock, systemClock } from '@portcullis/runtime'

/** A follower whose log is written by the test. One floor for each key, as the real one keeps them. */
export class ScriptedFollower implements Follower {
  readonly instance = createId('ins')
  /** How far the time that it shares with the others is ahead, in milliseconds. */
  aheadMs = 0
  readonly clock: Clock = { now: systemClock.now, wall: () => systemClock.wall() + this.aheadMs }
  readonly leaseEndsAt = Number.POSITIVE_INFINITY
  readonly leaseMs = 320
  readonly longestRelaxedMs: number = 0
  /** Whether it has a lease. */
  fresh = true
  /** Whether its next fences prove something. */
  proves = true
  /** How often its lease was looked at. */
  looks = 0
  position: Position = { epoch: 1, seq: 0 }
  /** What a read of the log finds. */
  onCatchUp: () => void | Promise<void> = () => undefined
  readonly #floors = new Map<string, number>()
  readonly #asked = new Set<string>()
  readonly #events = new Set<(event: LogEvent) => void>()
  readonly #resets = new Set<() => void>()

  /** Whether a decision on this session has been made. */
  isWatched(session: PrincipalKeys['session']) {
    return this.#asked.has(session)
  }

  get listeners() {
    return this.#events.size + this.#resets.size
  }

  isStale(keys: PrincipalKeys, { epoch, seq }: Position) {
    this.#asked.add(keys.session)
    if (epoch !== this.position.epoch) return true
    return [keys.session, keys.subject, keys.organization, 'everyone'].some(
      (key) => key !== null && seq < (this.#floors.get(key) ?? 0),
    )
  }

  isSessionStale(keys: PrincipalKeys, checkedAt: Position) {
    return this.isStale(keys, checkedAt)
  }

  areRulesStale(organization: string, { epoch, seq }: Position) {
    return epoch !== this.position.epoch || seq < (this.#floors.get(organization) ?? 0)
  }

  /** Appends an event about a session, as if it had arrived just now. */
  revokeSession(session: PrincipalKeys['session']) {
    this.say('session.revoked', { session })
  }

  /** Appends an event about a key, or about everyone. */
  say(kind: EventKind, about: Partial<PrincipalKeys> = {}) {
    const position = { epoch: this.position.epoch, seq: this.position.seq + 1 }
    this.position = position
    const { session, subject, organization } = about
    this.#floors.set(session ?? subject ?? organization ?? 'everyone', position.seq)
    const event: LogEvent = {
      ...{ position, nonce: 'b', previousNonce: 'a', kind, cause: 'test' },
      ...(session && { session }),
      ...(subject && { subject }),
      ...(organization && { organization }),
    }
    for (const listener of this.#events) listener(event)
  }

  onEvent(listener: (event: LogEvent) => void) {
    this.#events.add(listener)
    return () => this.#events.delete(listener)
  }

  onReset(listener: () => void) {
    this.#resets.add(listener)
    return () => this.#resets.delete(listener)
  }

  isFresh() {
    this.looks += 1
    return this.fresh
  }

  enforce(): Promise<never> {
    throw new Error('a scripted follower originates nothing')
  }

  isOn() {
    return true
  }

  admit() {
    return 'admitted' as const
  }

  admitRules() {
    return 'admitted' as const
  }

  async catchUp() {
    await this.onCatchUp()
    return this.proves
  }

  readLog(): Promise<never> {
    throw new Error('a scripted follower has no log')
  }

  async [Symbol.asyncDispose]() {}
}
