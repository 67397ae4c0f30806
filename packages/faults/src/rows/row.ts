import type { Clock } from '@portcullis/runtime'
import type { SessionStore } from '@portcullis/sessions'
import type { Constellation, ConstellationOptions } from '../constellation/constellation.ts'
import type { WayToEnd } from '../constellation/ending.ts'
import type { Setting } from '../constellation/servers.ts'
import type { Visitor } from '../instances/visitor.ts'
import type { Random } from '../random.ts'
import type { Load } from '../trial/load.ts'

/** What a fault may use. */
export interface Scene {
  readonly constellation: Constellation
  readonly load: Load
  readonly random: Random
  /** Somebody whose session has not been ended yet, and will not be by the trial itself. */
  take(): Visitor
  /** Ends one session, again and again until that is enforced everywhere. The trial waits for it at its end. */
  end(visitor: Visitor, way?: WayToEnd): Promise<void>
}

/** Takes the fault back; resolves when nothing stands in the way any more. */
export type Heal = () => Promise<void>

/** What the constellation is made with; see `ConstellationOptions`. */
type Policies = Pick<
  ConstellationOptions,
  'beliefs' | 'wait' | 'enforces' | 'reader' | 'proxiesOthers'
>

/** One kind of fault, and what it is played on. */
export interface Row extends Policies {
  readonly name: string
  /**
   * - `within` it is held to the guarantees.
   * - `outside` nothing is promised; it is reported apart.
   * - `wrong` a protection is replaced by a wrong form, and a violation has to be found.
   */
  readonly budget: 'within' | 'outside' | 'wrong'
  readonly trials: number
  /** Lease of every instance, in milliseconds. */
  readonly leaseMs: number
  readonly setting: Setting
  readonly processes?: boolean
  readonly firstUser?: readonly string[]
  readonly mistreatsHints?: boolean
  readonly clock?: () => Clock
  /** Contexts are presented at services as somebody would have stamped who looks at the log when signing. Default false. */
  readonly stampsAtSigning?: boolean
  /** Instances that the fault is about. Default all. */
  readonly affects?: readonly string[]
  /** Instances that it ends for good. Default none. */
  readonly ends?: readonly string[]
  /** How long it lasts before it is healed, in milliseconds. Default one and a half leases. */
  readonly holdMs?: number
  /** The log gets another history, whose barrier takes some fences more. Default false. */
  readonly changesHistory?: boolean
  /** Sessions may be gone with the server's memory: then nobody is wrongly refused, and people sign in anew. Default false. */
  readonly losesSessions?: boolean
  /** Entries of the log may be gone: then what began before a moment cannot be told from the rest. Default false. */
  readonly losesLog?: boolean
  /** Whether these servers can keep what they answered for certain. Default `possible`. */
  readonly durability?: 'possible' | 'never'
  /** While the fault lasts, nothing written then can be on every server. Default false. */
  readonly deniesDurability?: boolean
  /** Every trial has a constellation of its own. Default false: they follow each other on one. */
  readonly startsAnew?: boolean
  /** People that `strike` may take. Default 0. */
  readonly takes?: number
  /** When everybody has signed in, before the first session is ended. */
  prepare?(scene: Scene): Promise<void>
  strike(scene: Scene): Promise<Heal>
  /**
   * When the trial is over and nobody asks any more: where the truth is asked for what it still knows. Default the revoker's
   * store.
   */
  truth?(scene: Scene): Promise<SessionStore & AsyncDisposable>
  /** Who knew of an end is gone by then: of those reported only the durable ones have to be known still. Default false. */
  readonly forgets?: boolean
  /** After the trial, without load: makes the constellation as it was. */
  tidy?(constellation: Constellation): Promise<void>
}

export const nothingToHeal: Heal = async () => undefined
