import { BROWSER_HEADERS } from '../peers/browser.ts'
import { costOfLoad, type LoadCost } from '../peers/load.ts'
import { type CredentialBytes, examine } from './admission.ts'
import { CONTENDER_NAMES, CONTENDERS, type ContenderName } from './contenders.ts'
import type { Plan } from './plan.ts'
import { QUERY } from './query.ts'
import { type Stage, setStage } from './stage.ts'

type ByContender<Value> = Readonly<Record<ContenderName, Value>>

export interface Run {
  readonly bytes: ByContender<CredentialBytes>
  readonly rounds: readonly ByContender<LoadCost>[]
  readonly redisVersion: string
}

/** @param say Told what comes next. */
export async function runRounds(plan: Plan, say: (line: string) => void): Promise<Run> {
  say('starting every contender')
  await using stage = await setStage(plan)
  const bytes = await forEach(CONTENDER_NAMES, (name) =>
    examine(stage.contenders[name], CONTENDERS[name].authenticates),
  )
  say('warming up')
  await measure(plan, stage, 0, plan.warmUpRequests)
  const rounds: ByContender<LoadCost>[] = []
  for (let number = 1; number <= plan.rounds; number += 1) {
    say(`round ${number} of ${plan.rounds}`)
    rounds.push(await measure(plan, stage, number, plan.requests))
  }
  return { bytes, rounds, redisVersion: stage.redisVersion }
}

function measure({ connections }: Plan, { contenders }: Stage, round: number, requests: number) {
  const load = { request: QUERY, headers: BROWSER_HEADERS, connections, requests }
  return forEach(orderOf(round), (name) => {
    const { peer, credentials } = contenders[name]
    const headersOf = (connection: number, count: number) =>
      credentials(connection, count).map(({ headers }) => headers)
    return costOfLoad({ ...load, peer, headersOf })
  })
}

/** Another begins each time, and every other time it goes backwards. */
function orderOf(round: number): ContenderName[] {
  const first = (round * 3) % CONTENDER_NAMES.length
  const order = [...CONTENDER_NAMES.slice(first), ...CONTENDER_NAMES.slice(0, first)]
  return round % 2 === 0 ? order : order.reverse()
}

async function forEach<Value>(
  names: readonly ContenderName[],
  work: (name: ContenderName) => Promise<Value>,
): Promise<ByContender<Value>> {
  const results: [ContenderName, Value][] = []
  for (const name of names) results.push([name, await work(name)])
  return Object.fromEntries(results) as ByContender<Value>
}
