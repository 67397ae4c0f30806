import { setTimeout } from 'node:timers/promises'
import { QUERY } from '../../population/servers.ts'
import { visit } from '../../population/visits.ts'
import type { Changer } from '../changer.ts'
import type { Plan } from '../plan.ts'
import { readServer, useBetween } from '../server-counters.ts'
import { createSetting, type Setting } from './setting.ts'

/** What one round found with one rate of events. */
export interface EventsRound {
  /** Asked for, a second. */
  readonly rate: number
  /** Made, a second. */
  readonly made: number
  /** Of its processor that the gateway used for nothing but following, as a share of a core. */
  readonly gatewayShare: number
  /** The same of Redis. */
  readonly serverShare: number
  /** Milliseconds from a change until the gateway and everybody else had applied it. */
  readonly receiptsMs: readonly number[]
  /** Milliseconds that requests took meanwhile, one after the other. */
  readonly requestsMs: readonly number[]
  /** Of the gateway for one of them, after what it uses for following, in microseconds. */
  readonly requestUs: number
  /** Receipts in which an instance was silent. */
  readonly silent: number
}

/** Until a new rate is what everything runs at, in milliseconds. */
const SETTLE_MS = 300
/** Between two receipts, in milliseconds. */
const RECEIPT_EVERY_MS = 50

/** @param say Told what comes next. */
export async function measureEvents(
  { rounds: count, events: plan }: Plan,
  say: (line: string) => void,
): Promise<EventsRound[][]> {
  await using setting = await createSetting()
  const rounds: EventsRound[][] = []
  await measureRate(setting, 0, plan)
  for (let round = 1; round <= count; round += 1) {
    say(`events, round ${round} of ${count}`)
    const measured: EventsRound[] = []
    for (const rate of plan.rates) measured.push(await measureRate(setting, rate, plan))
    rounds.push(measured)
  }
  return rounds
}

async function measureRate(
  setting: Setting,
  rate: number,
  plan: Pick<Plan['events'], 'windowMs' | 'requests'>,
): Promise<EventsRound> {
  const { gateway, redis, changer, source } = setting
  await source.make(rate)
  await setTimeout(SETTLE_MS)
  const [made, used] = [await source.make(rate), await gateway.processorUs()]
  const before = await readServer(redis)
  const receipts = await takeReceipts(changer, plan.windowMs)
  const [madeAfter, usedAfter] = [await source.make(rate), await gateway.processorUs()]
  const after = await readServer(redis)
  const us = (after.at - before.at) * 1_000
  const gatewayShare = (usedAfter - used) / us
  const requests = await timeRequests(setting, plan.requests, gatewayShare)
  await source.make(0)
  return {
    rate,
    made: ((madeAfter - made) / us) * 1e6,
    gatewayShare,
    serverShare: useBetween(before, after).processorUs / us,
    receiptsMs: receipts.map(({ ms }) => ms),
    silent: receipts.filter(({ isAcknowledged }) => !isAcknowledged).length,
    ...requests,
  }
}

/** @param followingShare What of a core the gateway uses besides. */
async function timeRequests(
  { gateway, cookies: known }: Setting,
  count: number,
  followingShare: number,
): Promise<Pick<EventsRound, 'requestsMs' | 'requestUs'>> {
  const cookies = Array.from({ length: count }, (_, n) => known[n % known.length] as string)
  const [from, used] = [performance.now(), await gateway.processorUs()]
  const requestsMs = await visit({ url: gateway.url, path: QUERY, cookies, concurrency: 1 })
  const inAll = (await gateway.processorUs()) - used
  const following = (performance.now() - from) * 1_000 * followingShare
  return { requestsMs, requestUs: (inAll - following) / count }
}

async function takeReceipts(changer: Changer, forMs: number) {
  const receipts = []
  for (const end = performance.now() + forMs; performance.now() < end; ) {
    receipts.push(await changer.enforce())
    await setTimeout(RECEIPT_EVERY_MS)
  }
  return receipts
}
