import { createKeyspace } from '@portcullis/redis'
import { createSubjectHandles } from '@portcullis/revocation'
import { startService } from '../../population/servers.ts'
import { redisVersionOf } from '../../report/redis-version.ts'
import type { Plan } from '../plan.ts'
import { costOfRequests, type RequestCost } from './requests.ts'
import { type Stage, setStage } from './stage.ts'

/** What was found with one number of live sessions. */
export interface SessionsRun {
  readonly sessions: number
  readonly sessionBytes: number
  readonly startUs: number
  /** Cached claims of one person in Redis. */
  readonly claimsBytes: number
  readonly rounds: readonly RequestCost[]
}

/** @param say Told what comes next. */
export async function measureSessions(
  { sessions: plan }: Plan,
  say: (line: string) => void,
): Promise<{ readonly bySize: readonly SessionsRun[]; readonly redisVersion: string }> {
  await using held = new AsyncDisposableStack()
  const { url: orders } = held.use(await startService())
  const stages: Stage[] = []
  for (const sessions of plan.sizes) {
    say(`${sessions} sessions are started`)
    stages.push(held.use(await setStage({ ...plan, sessions, orders })))
  }
  const costs = new Map(stages.map((stage) => [stage, [] as RequestCost[]]))
  say('warming up')
  for (let warmUp = 0; warmUp < plan.warmUps; warmUp += 1) {
    for (const stage of stages) await costOfRequests(stage, plan, warmUp)
  }
  for (let round = 1; round <= plan.rounds; round += 1) {
    say(`requests, round ${round} of ${plan.rounds}`)
    const order = stages.map((_, n) => stages[(n + round) % stages.length] as Stage)
    for (const stage of order) costs.get(stage)?.push(await costOfRequests(stage, plan, round))
  }
  const bySize: SessionsRun[] = []
  for (const stage of stages) {
    const claimsBytes = await claimsBytesOf(stage)
    const { sessions, sessionBytes, startUs } = stage
    bySize.push({ sessions, sessionBytes, startUs, claimsBytes, rounds: costs.get(stage) ?? [] })
  }
  const { host, port } = (stages[0] as Stage).redis.options
  return { bySize, redisVersion: await redisVersionOf(`redis://${host}:${port}`) }
}

async function claimsBytesOf({ redis, people, secret }: Stage): Promise<number> {
  const keyspace = createKeyspace()
  const handles = createSubjectHandles(secret)
  const keys = people.map(({ subject }) => keyspace.claims(handles.handleOf(subject)))
  const bytes = await Promise.all(keys.map((key) => redis.memory('USAGE', key)))
  return bytes.reduce((sum: number, each) => sum + (each ?? 0), 0) / people.length
}
