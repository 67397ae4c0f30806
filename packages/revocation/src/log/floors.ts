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
  /** False only if nothing at or below `seq` is missing about any of the keys. */
  isBelow(keys: PrincipalKeys, seq: number): boolean
  /** Forgets every key and believes nothing below `seq`. */
  reset(seq: number): void
  readonly size: number
}

/**
 * @param maxKeys How many keys are remembered. Beyond it the one raised longest ago is dropped by raising everyone's floor
 *   to its own, which costs a reload and never a belief. Default 100,000.
 */
export function createFloors(maxKeys = 100_000): Floors {
  if (!Number.isInteger(maxKeys) || maxKeys < 1) {
    throw new TypeError('maxKeys must be a positive integer')
  }
  const floors = new Map<EventKey, number>()
  let everyone = 0

  function dropOldest() {
    const oldest = floors.entries().next()
    if (oldest.done) return
    const [key, seq] = oldest.value
    floors.delete(key)
    everyone = Math.max(everyone, seq)
  }

  return {
    raise(key, seq) {
      if (key === 'everyone') {
        everyone = Math.max(everyone, seq)
        return
      }
      const raised = Math.max(floors.get(key) ?? 0, seq)
      // Set anew, so that the map's order is the order of raising.
      floors.delete(key)
      floors.set(key, raised)
      if (floors.size > maxKeys) dropOldest()
    },

    isBelow(keys, seq) {
      if (seq < everyone) return true
      if (floors.size === 0) return false
      if (seq < (floors.get(keys.session) ?? 0)) return true
      if (seq < (floors.get(keys.subject) ?? 0)) return true
      return keys.organization !== null && seq < (floors.get(keys.organization) ?? 0)
    },

    reset(seq) {
      floors.clear()
      everyone = seq
    },

    get size() {
      return floors.size
    },
  }
}
