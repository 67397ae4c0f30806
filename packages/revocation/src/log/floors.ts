import type { OrganizationId, SessionId, SubjectId } from '@portcullis/context'
import type { EventKey } from './event.ts'

/** What a principal depends on; a `Principal` is one. */
export interface PrincipalKeys {
  readonly session: SessionId
  readonly subject: SubjectId
  readonly organization: OrganizationId | null
}

/** For each key the lowest seq at which something said about it may still be believed, within one epoch. */
export interface Floors {
  /** Raises a key's floor; a lower one than it has changes nothing. */
  raise(key: EventKey, seq: number): void
  /** Raises the floor of an organization's rules, which its sessions outlive. */
  raiseRules(organization: OrganizationId, seq: number): void
  /** False only if nothing at or below `seq` is missing about any of the keys, the rules of the organization among them. */
  isBelow(keys: PrincipalKeys, seq: number): boolean
  /** As `isBelow`, leaving the rules of the organization out. */
  isSessionBelow(keys: PrincipalKeys, seq: number): boolean
  /** False only if nothing at or below `seq` is missing about the rules of the organization. */
  areRulesBelow(organization: OrganizationId, seq: number): boolean
  /** Forgets every key and believes nothing below `seq`. */
  reset(seq: number): void
  readonly size: number
}

/**
 * @param maxKeys How many keys are remembered, and of how many organizations the rules. Beyond it the one raised longest
 *   ago is dropped by raising everyone's floor to its own, which costs a reload and never a belief. Default 100,000.
 */
export function createFloors(maxKeys = 100_000): Floors {
  if (!Number.isInteger(maxKeys) || maxKeys < 1) {
    throw new TypeError('maxKeys must be a positive integer')
  }
  const floors = new Map<EventKey, number>()
  const rules = new Map<OrganizationId, number>()
  let everyone = 0

  function raiseIn<Key>(map: Map<Key, number>, key: Key, seq: number) {
    const raised = Math.max(map.get(key) ?? 0, seq)
    // Set anew, so that the map's order is the order of raising.
    map.delete(key)
    map.set(key, raised)
    if (map.size > maxKeys) dropOldest(map)
  }

  function dropOldest<Key>(map: Map<Key, number>) {
    const oldest = map.entries().next()
    if (oldest.done) return
    const [key, seq] = oldest.value
    map.delete(key)
    everyone = Math.max(everyone, seq)
  }

  function isSessionBelow(keys: PrincipalKeys, seq: number) {
    if (seq < everyone) return true
    if (floors.size === 0) return false
    if (seq < (floors.get(keys.session) ?? 0)) return true
    if (seq < (floors.get(keys.subject) ?? 0)) return true
    return keys.organization !== null && seq < (floors.get(keys.organization) ?? 0)
  }

  function areRulesBelow(organization: OrganizationId, seq: number) {
    return seq < everyone || (rules.size > 0 && seq < (rules.get(organization) ?? 0))
  }

  return {
    raise(key, seq) {
      if (key === 'everyone') everyone = Math.max(everyone, seq)
      else raiseIn(floors, key, seq)
    },
    raiseRules: (organization, seq) => raiseIn(rules, organization, seq),

    isSessionBelow,
    areRulesBelow,
    isBelow(keys, seq) {
      if (isSessionBelow(keys, seq)) return true
      return keys.organization !== null && areRulesBelow(keys.organization, seq)
    },

    reset(seq) {
      floors.clear()
      rules.clear()
      everyone = seq
    },

    get size() {
      return floors.size + rules.size
    },
  }
}
