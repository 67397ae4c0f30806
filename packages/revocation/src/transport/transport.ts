import type { InstanceId, Position } from '@portcullis/context'
import type { LogReader } from '../events/log-reader.ts'
import type { FenceServer } from '../fence/fence-server.ts'
import type { HintListener } from '../log/follow-hints.ts'
import type { ChangeProof } from '../receipts/change-proof.ts'
import type { Durability } from '../receipts/durability.ts'

/**
 * The road between an instance and the log: straight to Redis, or through a gateway. It carries fences, hints and
 * acknowledgements; lease, floors, catching up and receipts know nothing of it.
 */
export interface Transport extends Disposable {
  readonly fences: FenceServer
  readonly log: Pick<LogReader, 'readAfter'>
  readonly durability: Pick<Durability, 'open' | 'complete'>
  /** Whether a majority of the configured servers has a change, and there are no more of them than configured. */
  isProven(proof: ChangeProof): boolean
  /** Fences that fail or prove nothing, one after the other, until the server is left: it hangs or was deposed. */
  readonly failuresBeforeLeaving: number
  /** Tells originators up to where this instance has applied the log. May be lost: the next fence's record says it too. */
  acknowledge(originators: readonly InstanceId[], position: Position): Promise<void>
  /** Hands on what is published, from now until disposal. Called once. */
  hear(listener: HintListener): void
  /** Resolves when a fence can be tried. @throws after `timeoutMs`. */
  whenReady(timeoutMs: number): Promise<void>
  /** Calls when the road of the fences is open again after an interruption. */
  onReady(listener: () => void): void
  /** Drops what is connected and connects anew, to another server if there is one. */
  leaveServer(): void
}

/** Share of a lease that a command may take. */
const COMMAND_SHARE = 1 / 4
/** Share of that for which the replicas are waited for, so that their silence is an answer and no time-out. */
const WAIT_SHARE = 1 / 2
const LEAST_COMMAND_TIMEOUT_MS = 250

/** How long one command may take, and within it the replicas; milliseconds. */
export function timeoutsOf(leaseMs: number): { commandTimeoutMs: number; waitMs: number } {
  const commandTimeoutMs = Math.max(LEAST_COMMAND_TIMEOUT_MS, leaseMs * COMMAND_SHARE)
  return { commandTimeoutMs, waitMs: commandTimeoutMs * WAIT_SHARE }
}
