import { redisVersionOf } from '../report/redis-version.ts'
import { type CommandsOfEdit, countEdit } from './commands.ts'
import { type Pass, requestOfEach } from './member-requests.ts'
import type { Plan } from './plan.ts'
import { type Propagation, timePropagation } from './propagation.ts'
import { type Rewriting, rewriteSessions } from './rewriting.ts'
import { type Stage, setStage } from './stage.ts'

/** What one edit of the role did. */
interface Round {
  /** Members once more before it: nothing has changed for them. */
  readonly before: Pass
  readonly propagation: Propagation
  /** The same for the first time after it: contexts are made and verified anew. */
  readonly after: Pass
}

export interface SizeRun {
  readonly members: number
  readonly rounds: readonly Round[]
  readonly commands: CommandsOfEdit
}

export interface Run {
  readonly sizes: readonly [few: SizeRun, many: SizeRun]
  readonly rewriting: Rewriting
  readonly redisVersion: string
}

/** @param say Told what comes next. */
export async function runRounds(plan: Plan, say: (line: string) => void): Promise<Run> {
  const [few, many] = plan.sizes
  const sizes = [await measureSize(plan, few, say), await measureSize(plan, many, say)] as const
  say(`${many} sessions of express-session are rewritten`)
  return { sizes, rewriting: await rewriteSessions(many), redisVersion: sizes[1].redisVersion }
}

async function measureSize(
  plan: Plan,
  members: number,
  say: (line: string) => void,
): Promise<SizeRun & { readonly redisVersion: string }> {
  say(`${members} members sign in`)
  await using stage = await setStage(plan, members)
  const redisVersion = await redisVersionOf(stage.redisUrl)
  return { ...(await runSize(plan, stage, members, say)), redisVersion }
}

async function runSize(
  { rounds: count, timedMembers, concurrency }: Plan,
  stage: Stage,
  members: number,
  say: (line: string) => void,
): Promise<SizeRun> {
  let current: 200 | 403 = 403
  const next = () => (current === 403 ? 200 : 403)
  await requestOfEach(stage.members, stage, concurrency, current)
  const timed = stage.members.slice(0, timedMembers)
  const rounds: Round[] = []
  for (let number = 1; number <= count; number += 1) {
    say(`${members} members, edit ${number} of ${count}`)
    const before = await requestOfEach(timed, stage, concurrency, current)
    const propagation = await timePropagation(stage, next())
    current = next()
    const after = await requestOfEach(timed, stage, concurrency, current)
    rounds.push({ before, propagation, after })
  }
  const commands = await countEdit(stage, concurrency, next())
  return { members, rounds, commands }
}
