import type { LogEvent } from '@portcullis/revocation'
import { countCommands, eventually, type StartedProcess } from '@portcullis/testing'
import { z } from 'zod'
import type { Installation } from './installation.ts'

/** What the servers were sent for one person. */
export interface CommandsOfPerson {
  /** Sessions and log: the change itself. */
  readonly log: number
  /** The queues: the job's progress and its upkeep. */
  readonly queues: number
}

export interface Filling {
  readonly ms: number
  /** From the kill to the next person of whom the job says that they are filled. */
  readonly resumedMs: number
}

const progressSchema = z.object({ filled: z.int(), remaining: z.int() })
const WAIT = { timeoutMs: 300_000 }
/** How often it is looked how far the job has got, ms. */
const LOOK_EVERY_MS = 50

/** The job that the worker begins by itself, with the servers counting. Slow, so apart from what is timed. */
export async function countFilling(
  installation: Installation,
  people: number,
): Promise<CommandsOfPerson & { readonly worker: StartedProcess }> {
  const { redisUrl, jobsRedisUrl, fillings } = installation
  await using log = await countCommands(redisUrl)
  await using queues = await countCommands(jobsRedisUrl)
  const worker = await installation.startWorker()
  await eventually(async () => {
    const [job] = await fillings.list({ states: ['completed'], limit: 1 })
    if (!job) throw new Error('not done')
  }, WAIT)
  const sent = await log.byConnection()
  const changes = [...sent].filter(([connection]) => connection === 'accounts:commands')
  return {
    worker,
    log: sum(changes.map(([, count]) => count)) / people,
    queues: sum([...(await queues.byConnection()).values()]) / people,
  }
}

/** Fills everybody; in the middle the worker is killed, and another one takes over. */
export async function fillThroughKill(
  { fillings, startWorker }: Installation,
  { worker, people, perSecond }: { worker: StartedProcess; people: number; perSecond: number },
): Promise<Filling> {
  const id = 'backfill'
  const find = async () => {
    const found = await fillings.find(id)
    const progress = progressSchema.safeParse(found?.progress)
    return { state: found?.state, remaining: progress.success ? progress.data.remaining : people }
  }
  const until = (isThere: (now: Awaited<ReturnType<typeof find>>) => boolean) =>
    eventually(
      async () => {
        if (!isThere(await find())) throw new Error('not yet')
      },
      { ...WAIT, intervalMs: LOOK_EVERY_MS },
    )

  const from = performance.now()
  await fillings.add({ definition: 1, perSecond }, { id })
  await until(({ remaining }) => remaining <= people / 2)
  worker.signal('SIGKILL')
  const killedAt = performance.now()
  await worker.exited
  const { remaining: left } = await find()
  await startWorker()
  await until(({ remaining }) => remaining < left)
  const resumedMs = performance.now() - killedAt
  await until(({ state }) => state === 'completed')
  return { ms: performance.now() - from, resumedMs }
}

/** Once more. @returns people whom it filled again. */
export async function fillAgain({ fillings }: Installation, perSecond: number): Promise<number> {
  await fillings.add({ definition: 1, perSecond }, { id: 'again' })
  const result = await eventually(async () => {
    const found = await fillings.find('again')
    if (found?.state !== 'completed') throw new Error('not done')
    return progressSchema.parse(found.result)
  }, WAIT)
  return result.filled
}

/** What the log says of each person. */
export function countAnnounced({ follower }: Installation) {
  const counts = new Map<string, number>()
  const end = follower.onEvent(({ kind, subject }: LogEvent) => {
    if (kind === 'claims.changed' && subject) counts.set(subject, (counts.get(subject) ?? 0) + 1)
  })
  return { counts, [Symbol.dispose]: end }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
