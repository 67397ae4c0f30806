import type { PageLoad } from './page-loader.ts'
import type { Plan } from './plan.ts'
import { type Stage, setStage, WAYS, type Way } from './stage.ts'

/** The pages of one round, by the way in which they were loaded. */
type Round = Readonly<Record<Way, readonly PageLoad[]>>

export interface Run {
  readonly rounds: readonly Round[]
  readonly tokenBytes: number
  readonly redisVersion: string
}

const ORDER = Object.keys(WAYS) as Way[]

/** @param say Told what comes next. */
export async function runRounds(plan: Plan, say: (line: string) => void): Promise<Run> {
  await using stage = await setStage()
  say('warming up')
  await loadPages(stage, plan.warmUpPages)
  const rounds: Round[] = []
  for (let number = 1; number <= plan.rounds; number += 1) {
    say(`round ${number} of ${plan.rounds}`)
    rounds.push(await loadPages(stage, plan.pages))
  }
  const { tokenBytes, redisVersion } = stage
  return { rounds, tokenBytes, redisVersion }
}

/** Each page in every way, one after the other, beginning with another one each time. */
async function loadPages({ loaders }: Stage, pages: number): Promise<Round> {
  const loads: Record<Way, PageLoad[]> = {
    gatewayBatched: [],
    gatewaySingle: [],
    jwtBatched: [],
    jwtSingle: [],
  }
  for (let page = 0; page < pages; page += 1) {
    const first = page % ORDER.length
    for (const way of [...ORDER.slice(first), ...ORDER.slice(0, first)]) {
      loads[way].push(await loaders[way].load())
    }
  }
  return loads
}
