import type { Principal } from '@portcullis/context'
import { createLiveWork, type Follower, type LiveWork } from '@portcullis/revocation'
import type { z } from 'zod'
import {
  createJobWorker,
  type JobRun,
  type JobWorker,
  type JobWorkerOptions,
} from '../job-worker.ts'
import { admitPrincipal, type LivePrincipal, toOutcome } from './live-principal.ts'
import { type Outcome, PrincipalEnded } from './outcome.ts'
import type { Carrier, PrincipalJob } from './principal-job.ts'
import type { PrincipalSource } from './principal-source.ts'

export interface PrincipalRun extends JobRun {
  /** On whose behalf it runs, as they are now: read it anew rather than keep it. */
  readonly principal: Principal
  /** As that of a `JobRun`; also aborts, with a `PrincipalEnded`, when they have no right to the job any more. */
  readonly signal: AbortSignal
  /** Whether the right may still be acted on in this very step: for the moment before a side effect. Synchronous. */
  isCurrent(): boolean
}

export interface PrincipalWorkerOptions<Schema extends z.ZodType>
  extends Omit<JobWorkerOptions<Schema>, 'job' | 'process'> {
  job: PrincipalJob<string, Schema>
  /** As that of a `JobWorker`. */
  process: (data: z.output<Schema>, run: PrincipalRun) => Promise<void>
  principals: PrincipalSource
  /** The instance's own; stays the caller's to dispose of. */
  follower: Follower
}

/**
 * Works off jobs on behalf of people. The truth is asked when a job starts; while it runs, its signal fires in the step in
 * which the session ends, and within the lease when the permission is gone or nobody can tell. The queue keeps an `Outcome`
 * as the job's result; a job that was refused or stopped has not failed and is not tried again.
 *
 * @throws {JobError} `ERR_QUEUE_UNAVAILABLE` when Redis was not reached in time.
 */
export async function createPrincipalWorker<Schema extends z.ZodType>(
  options: PrincipalWorkerOptions<Schema>,
): Promise<JobWorker> {
  const { job, process, principals, follower, ...others } = options
  const { permission } = job
  const live = createLiveWork(follower)

  async function processFor({ for: carrier, data }: Enveloped<Schema>, run: JobRun) {
    const admitted = await admitPrincipal({ carrier, permission, principals, follower, live })
    if (typeof admitted === 'string') return say(run, toOutcome(admitted, false))
    using person = admitted
    return say(run, await runOnBehalf(person, run, (own) => process(data, own)))
  }

  const worker = await createJobWorker<z.ZodType>({
    ...others,
    job: job.envelope,
    process: (data, run) => processFor(data as Enveloped<Schema>, run),
  }).catch((error: unknown) => endWith(live, error))
  return {
    isReady: worker.isReady,
    async [Symbol.asyncDispose]() {
      await worker[Symbol.asyncDispose]()
      live[Symbol.dispose]()
    },
  }
}

interface Enveloped<Schema extends z.ZodType> {
  readonly for: Carrier
  readonly data: z.output<Schema>
}

/** Ends with the person's right to it, whether the work listens or not. */
async function runOnBehalf(
  person: LivePrincipal,
  run: JobRun,
  work: (run: PrincipalRun) => Promise<void>,
): Promise<Outcome> {
  const ended = Promise.withResolvers<never>()
  const stop = () => ended.reject(person.signal.reason)
  if (person.signal.aborted) stop()
  else person.signal.addEventListener('abort', stop, { once: true })
  const own: PrincipalRun = {
    ...run,
    get principal() {
      return person.current
    },
    signal: AbortSignal.any([run.signal, person.signal]),
    isCurrent: person.isCurrent,
  }
  try {
    await Promise.race([work(own), ended.promise])
  } catch (error) {
    // What the work throws because it was stopped is not a failure of its own.
    const { reason } = person.signal
    if (!(reason instanceof PrincipalEnded)) throw error
    return toOutcome(reason.reason, true)
  } finally {
    person.signal.removeEventListener('abort', stop)
  }
  return { outcome: 'done' }
}

function say({ logger }: JobRun, outcome: Outcome): Outcome {
  if (outcome.outcome !== 'done') logger.info(outcome, 'a job on behalf of somebody ended early')
  return outcome
}

function endWith(live: LiveWork, error: unknown): never {
  live[Symbol.dispose]()
  throw error
}
