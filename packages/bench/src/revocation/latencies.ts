import { setTimeout } from 'node:timers/promises'
import { createId } from '@portcullis/context'
import type { Fleet } from './fleet/fleet.ts'
import { monotonicMs } from './instances/messages.ts'
import type { PlainPublisher } from './plain-publisher.ts'
import type { Revoker } from './revoker.ts'

/** What is timed, with the words for people. */
export const LATENCIES = {
  ping: 'bare round trip (PING)',
  write: 'bare write (SET)',
  publishAlone: 'PUBLISH to last receiver, one way, before any follower runs',
  publish: 'PUBLISH to last receiver, one way',
  publishAcknowledged: 'PUBLISH to last receiver, acknowledged',
  revokeWritten: 'revoke to written in Redis and its log',
  revokeApplied: 'revoke to refused by the last instance, one way',
  revokeEnforced: 'revoke to enforced, acknowledged by all',
  revokeDurable: 'revoke to enforced and durable',
} as const

export type Latency = keyof typeof LATENCIES
/** Milliseconds. */
export type Samples = Record<Latency, number[]>

export interface Stage {
  readonly fleet: Fleet
  readonly plain: PlainPublisher
  readonly revoker: Revoker
  /** Instances, and plain subscribers beside them. */
  readonly size: number
  /** Whether a change can be durable on this server. */
  readonly isDurable: boolean
}

/** Longest pause between two samples, in milliseconds: they meet the fences at any moment, not at one. */
const LONGEST_PAUSE_MS = 3

export function noSamples(): Samples {
  const entries = Object.keys(LATENCIES).map((latency) => [latency, []])
  return Object.fromEntries(entries) as Samples
}

/** With subscribers alone, what a follower's fences do not disturb. */
export async function samplePublishAlone(
  stage: Stage,
  samples: Samples,
  count: number,
): Promise<void> {
  for (let i = 0; i < count; i += 1) samples.publishAlone.push(await timePublish(stage))
}

/** Times everything once for each sample, each time in another order. */
export async function sampleLatencies(
  stage: Stage,
  samples: Samples,
  count: number,
): Promise<void> {
  const { plain, size } = stage
  for (let i = 0; i < count; i += 1) {
    const measures = [
      async () => samples.ping.push(await time(plain.ping)),
      async () => samples.write.push(await time(plain.write)),
      async () => samples.publish.push(await timePublish(stage)),
      async () =>
        samples.publishAcknowledged.push(await time(() => plain.publishAcknowledged(size))),
      () => timeRevocation(stage, samples),
      () => timeDurable(stage, samples),
    ]
    for (const measure of shuffle(measures)) {
      await setTimeout(Math.random() * LONGEST_PAUSE_MS)
      await measure()
    }
  }
}

async function time(run: () => Promise<void>): Promise<number> {
  const from = monotonicMs()
  await run()
  return monotonicMs() - from
}

async function timePublish({ fleet, plain }: Stage): Promise<number> {
  const id = createId('msg')
  const received = fleet.lastReceived('subscribers', id)
  // Asked beforehand, so that no question reaches a receiver together with the message.
  await fleet.settled()
  const from = monotonicMs()
  await plain.publish(id)
  return (await received) - from
}

async function timeRevocation({ fleet, revoker }: Stage, samples: Samples) {
  const session = await revoker.startSession()
  const from = monotonicMs()
  const enforce = await revoker.revoke(session, 'enforced')
  const written = monotonicMs()
  await enforce()
  const enforced = monotonicMs()
  const applied = await fleet.lastReceived('followers', session)
  samples.revokeWritten.push(written - from)
  samples.revokeApplied.push(applied - from)
  samples.revokeEnforced.push(enforced - from)
}

async function timeDurable({ revoker, isDurable }: Stage, samples: Samples) {
  if (!isDurable) return
  const session = await revoker.startSession()
  const revoke = async () => (await revoker.revoke(session, 'durable'))()
  samples.revokeDurable.push(await time(revoke))
}

function shuffle<Item>(items: Item[]): Item[] {
  return items
    .map((item) => ({ item, place: Math.random() }))
    .sort((a, b) => a.place - b.place)
    .map(({ item }) => item)
}
