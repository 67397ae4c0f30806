import { forGood, type JobRun } from '@portcullis/jobs'
import { systemClock } from '@portcullis/runtime'
import { WorkerError } from '../errors.ts'
import type { DeliverData } from './deliver-job.ts'
import type { Deliveries, DeliveryRow } from './deliveries.ts'
import { type SetIssuer, toSet, toWebhook } from './message.ts'
import { MAX_AGE_MS, type Receiver } from './receiver.ts'
import type { TrailEvent } from './security-event.ts'
import type { Outcome, Transmitter } from './transmit.ts'

export interface DeliverOptions {
  readonly deliveries: Pick<Deliveries, 'find' | 'settle' | 'note' | 'revive'>
  readonly receivers: ReadonlyMap<string, Known>
  readonly issuer: SetIssuer | undefined
  /** Hears how each attempt ended. */
  readonly onOutcome: (receiver: string, outcome: 'delivered' | 'failed' | 'dead') => void
}

interface Known {
  readonly receiver: Receiver
  readonly transmitter: Transmitter
}

/** Another worker may have it, whose configuration is newer. */
const NOT_CONFIGURED: Outcome = { kind: 'failed', detail: 'not configured' }

/**
 * Makes one attempt. Run twice it sends the same event under the same id twice, which a receiver tells apart by that.
 *
 * @throws {WorkerError} `ERR_RECEIVER_FAILED` to be tried again, or for good when it was refused or is too old.
 */
export async function deliver(
  options: DeliverOptions,
  { receiver: name, number }: DeliverData,
  { signal }: Pick<JobRun, 'signal'>,
): Promise<{ outcome: 'delivered' | 'settled' }> {
  const { deliveries, onOutcome } = options
  const found = await deliveries.find(name, number)
  if (!found || found.row.state === 'delivered') return { outcome: 'settled' }
  const { row, event } = found
  // Its dead letter is tried again.
  if (row.state === 'dead') await deliveries.revive(row)

  const known = options.receivers.get(name)
  const outcome = known ? await attempt(options, known, row, event, signal) : NOT_CONFIGURED
  if (outcome.kind === 'delivered') {
    await deliveries.settle(row, 'delivered')
    onOutcome(name, 'delivered')
    return { outcome: 'delivered' }
  }
  const { detail } = outcome
  const isTooOld = row.state === 'pending' && ageOf(row) > (known?.receiver.maxAgeMs ?? MAX_AGE_MS)
  if (outcome.kind === 'refused' || isTooOld) {
    await deliveries.settle(row, 'dead', detail)
    onOutcome(name, 'dead')
    const code = isTooOld ? 'ERR_RECEIVER_FAILED' : 'ERR_RECEIVER_REFUSED'
    throw forGood(new WorkerError(code, { detail }))
  }
  await deliveries.note(row, detail)
  onOutcome(name, 'failed')
  throw new WorkerError('ERR_RECEIVER_FAILED', { detail })
}

async function attempt(
  { issuer }: DeliverOptions,
  { receiver, transmitter }: Known,
  { issuedAt }: DeliveryRow,
  event: TrailEvent,
  signal: AbortSignal,
): Promise<Outcome> {
  if (receiver.kind === 'webhook')
    return transmitter.send(toWebhook(receiver, event, new Date(systemClock.wall())), signal)
  const token = issuer && (await toSet(issuer, receiver, { event, issuedAt }))
  if (!token) return { kind: 'refused', detail: 'no type for it' }
  return transmitter.send(token, signal)
}

function ageOf({ dueAt }: DeliveryRow): number {
  return systemClock.wall() - dueAt.getTime()
}
