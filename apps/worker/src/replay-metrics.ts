import type { JobRun } from '@portcullis/jobs'
import { type Metrics, noMetrics } from '@portcullis/runtime'
import type { OutboxProgress } from './accounts-client.ts'

type Replay = (run: JobRun) => Promise<OutboxProgress>

/** Measures how far the announcing of changes is behind, and how its runs end. */
export function createMeasuredReplay(replay: Replay, metrics: Metrics = noMetrics) {
  const startedAt = performance.now()
  let remaining = 0
  let succeededAt = startedAt
  metrics.gauge({
    name: 'portcullis_outbox_remaining',
    help: 'Changes that the last run left unannounced.',
    read: () => remaining,
  })
  metrics.gauge({
    name: 'portcullis_outbox_replay_age_seconds',
    help: 'Since the outbox was last looked through, or since the start.',
    read: () => (performance.now() - succeededAt) / 1_000,
  })
  const announced = metrics.counter({
    name: 'portcullis_outbox_announced_total',
    help: 'Changes that were committed, and announced by the worker.',
  })
  const runs = metrics.counter({
    name: 'portcullis_job_runs_total',
    help: 'Runs of jobs, by how they ended.',
    labels: ['job', 'outcome'],
  })
  return async (run: JobRun): Promise<void> => {
    try {
      const progress = await replay(run)
      remaining = progress.remaining
      succeededAt = performance.now()
      announced.add(progress.published)
      runs.add(1, { job: 'outbox.replay', outcome: 'completed' })
    } catch (error) {
      runs.add(1, { job: 'outbox.replay', outcome: 'failed' })
      throw error
    }
  }
}
