import { type Cost, costOfLoad } from '../peers/load.ts'
import { costOfEvents } from './events.ts'
import { type PageTimes, timePages } from './pages.ts'
import type { Plan } from './plan.ts'
import { REQUEST_NAMES, REQUESTS, type RequestName } from './requests.ts'
import { type Stage, setStage } from './stage.ts'

const PEERS = ['gateway', 'proxy'] as const
export type PeerName = (typeof PEERS)[number]
export type Measure = RequestName | 'event'
export const MEASURES: readonly Measure[] = [...REQUEST_NAMES, 'event']

/** What one round found. */
interface Round {
  readonly costs: Record<Measure, Record<PeerName, Cost>>
  readonly pages: PageTimes
}

export interface Run {
  readonly rounds: readonly Round[]
  readonly redisVersion: string
}

/** @param say Told what comes next. */
export async function runRounds(plan: Plan, say: (line: string) => void): Promise<Run> {
  await using stage = await setStage()
  say('warming up')
  await measureRound(plan, stage, 0, plan.warmUpRequests)
  const rounds: Round[] = []
  for (let number = 1; number <= plan.rounds; number += 1) {
    say(`round ${number} of ${plan.rounds}`)
    rounds.push(await measureRound(plan, stage, number, plan.requests))
  }
  return { rounds, redisVersion: stage.redisVersion }
}

async function measureRound(
  plan: Plan,
  stage: Stage,
  number: number,
  requests: number,
): Promise<Round> {
  const costs: [Measure, Record<PeerName, Cost>][] = []
  for (const [index, measure] of MEASURES.entries()) {
    costs.push([measure, await measureBoth(plan, stage, measure, requests, number + index)])
  }
  const { url } = stage.gateway
  const pages = await timePages({ url, headers: stage.headers, pages: plan.pages })
  return { costs: Object.fromEntries(costs) as Round['costs'], pages }
}

/** One peer right after the other, and in the other order the next time. */
async function measureBoth(
  plan: Plan,
  stage: Stage,
  measure: Measure,
  requests: number,
  turn: number,
): Promise<Record<PeerName, Cost>> {
  const costs = new Map<PeerName, Cost>()
  const order = turn % 2 === 0 ? PEERS : [...PEERS].reverse()
  for (const name of order) costs.set(name, await measureOne(plan, stage, measure, requests, name))
  return Object.fromEntries(costs) as Record<PeerName, Cost>
}

function measureOne(
  { connections, streams, streamSeconds }: Plan,
  stage: Stage,
  measure: Measure,
  requests: number,
  name: PeerName,
): Promise<Cost> {
  const { headers } = stage
  const peer = stage[name]
  if (measure === 'event') return costOfEvents({ peer, headers, streams, seconds: streamSeconds })
  return costOfLoad({ peer, headers, request: REQUESTS[measure], connections, requests })
}
