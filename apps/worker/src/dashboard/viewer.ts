import {
  type AssuranceLevel,
  isAssured,
  type Principal,
  type VerifiedContext,
} from '@portcullis/context'
import { type Carrier, carrierOf, type PrincipalSource } from '@portcullis/jobs'
import type { Follower } from '@portcullis/revocation'
import type { Clock } from '@portcullis/runtime'
import { WorkerError } from '../errors.ts'

/** Somebody who looks at the dashboard, as the truth last had them. */
export interface Viewer {
  readonly carrier: Carrier
  /** Absent before the truth was asked. */
  known?: { readonly present: VerifiedContext; readonly until: number }
}

export interface Viewers {
  /** Somebody who was found current by a procedure of this process. */
  admit(principal: Principal): Viewer
  /**
   * Whether they may look at this very moment. From memory, by this process's own follower; the truth is asked when something
   * was said about them, and once a minute.
   *
   * @throws {WorkerError} `ERR_VIEWER_UNVERIFIABLE` when it cannot be told.
   */
  mayLook(viewer: Viewer): Promise<boolean>
}

export interface ViewersOptions {
  readonly follower: Pick<Follower, 'isFresh' | 'isStale' | 'position'>
  readonly principals: PrincipalSource
  readonly permission: string
  readonly assurance: AssuranceLevel
  readonly clock: Pick<Clock, 'now'>
}

/** How long an answer is good if nothing is said, ms: that a session has expired is in no log. */
const ASK_EVERY_MS = 60_000

export function createViewers(options: ViewersOptions): Viewers {
  const { follower, principals, permission, assurance, clock } = options

  const isCurrent = ({ principal, position }: VerifiedContext) =>
    follower.isFresh() && !follower.isStale(principal, position)

  async function ask(viewer: Viewer): Promise<VerifiedContext | null> {
    // Nothing older than what this process has seen.
    const { position } = follower
    try {
      return await principals.present({ ...viewer.carrier, position })
    } catch (cause) {
      throw new WorkerError('ERR_VIEWER_UNVERIFIABLE', { cause })
    }
  }

  return {
    admit: (principal) => ({ carrier: carrierOf(principal, follower) }),
    async mayLook(viewer) {
      const { known } = viewer
      if (known && clock.now() < known.until && isCurrent(known.present)) return true
      const present = await ask(viewer)
      if (!present) return false
      const { permissions, assurance: level } = present.principal
      if (!permissions.includes(permission) || !isAssured(level, assurance)) return false
      if (!isCurrent(present)) throw new WorkerError('ERR_VIEWER_UNVERIFIABLE')
      viewer.known = { present, until: Math.min(present.deadline, clock.now() + ASK_EVERY_MS) }
      return true
    },
  }
}
