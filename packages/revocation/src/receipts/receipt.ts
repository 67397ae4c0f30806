import type { InstanceId, Position } from '@portcullis/context'

/**
 * The least certain first.
 *
 * - `enforced` no instance decides on what was there before, now or later.
 * - `pending` a majority has it, so that this will be so at the latest one lease later; not waited for.
 * - `indeterminate` whether it took effect is unknown. Repeat with the same id: it is idempotent.
 */
export const RECEIPT_LEVELS = ['indeterminate', 'pending', 'enforced'] as const
export type ReceiptLevel = (typeof RECEIPT_LEVELS)[number]

/**
 * - `acknowledged` it has applied the change, and told what runs to stop.
 * - `lease-ended` it was silent for its longest lease, so it has fenced itself off.
 * - `left` it took its leave, or was found gone.
 * - `waiting` none of these yet.
 */
export type InstanceState = 'acknowledged' | 'lease-ended' | 'left' | 'waiting'

export interface InstanceReceipt {
  readonly id: InstanceId
  readonly service: string
  readonly state: InstanceState
  /** Milliseconds from the call until that was known; null while waiting. */
  readonly afterMs: number | null
}

/** What a change's effect on every running instance is known to be. */
export interface Receipt {
  readonly level: ReceiptLevel
  /**
   * Whether no failover within the fault budget can lose it: it is on every configured server, and the primary has flushed
   * it, or keeps nothing over a restart, which is refusal. False also where that was not found out; see `ReceiptWait`.
   */
  readonly durable: boolean
  /** Names the change; a repetition under the same id is the same change. */
  readonly id: string
  readonly position: Position | null
  readonly tookMs: number
  readonly instances: readonly InstanceReceipt[]
}

/**
 * What to wait for. `enforced` by default; `majority` returns as soon as it cannot be undone by a minority; `durable` waits
 * for what `enforced` does and for every configured replica.
 */
export type ReceiptWait = 'enforced' | 'majority' | 'durable'
