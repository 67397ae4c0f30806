import { MEASURE_NAMES, type Measure, type Sample } from './measures.ts'
import type { Plan } from './plan.ts'
import { type Stage, setStage } from './stage.ts'

type Round = Readonly<Record<Measure, readonly Sample[]>>

export interface Run {
  readonly rounds: readonly Round[]
  readonly tokenBytes: number
  readonly redisVersion: string
}

/** @param say Told what comes next. */
export async function runRounds(plan: Plan, say: (line: string) => void): Promise<Run> {
  say('warming up')
  await using stage = await setStage()
  await measureRound(stage, plan.warmUpPasses)
  const rounds: Round[] = []
  for (let number = 1; number <= plan.rounds; number += 1) {
    say(`round ${number} of ${plan.rounds}`)
    rounds.push(await measureRound(stage, plan.passes))
  }
  const { tokenBytes, redisVersion } = stage
  return { rounds, tokenBytes, redisVersion }
}

/** Another begins in each pass. */
async function measureRound({ samplers }: Stage, passes: number): Promise<Round> {
  const round: Record<Measure, Sample[]> = {
    principal: [],
    context: [],
    firstSight: [],
    rs256: [],
    es256: [],
    eddsa: [],
    redisGet: [],
    redisGetAtOnce: [],
  }
  for (let pass = 0; pass < passes; pass += 1) {
    const first = pass % MEASURE_NAMES.length
    for (const name of [...MEASURE_NAMES.slice(first), ...MEASURE_NAMES.slice(0, first)]) {
      round[name].push(await samplers[name]())
    }
  }
  return round
}
