import { runPart } from '../report/run-part.ts'
import { planFor } from './plan.ts'
import { runRounds } from './run-rounds.ts'
import { measureStreams, streamsPlanFor } from './streams.ts'
import { summarize } from './summary.ts'

await runPart('gateway', async ({ mode, say }) => {
  const plan = planFor(mode)
  const run = await runRounds(plan, say)
  const streams = await measureStreams(streamsPlanFor(mode), say)
  const costs = summarize(plan, run)
  return {
    ...costs,
    sections: [...costs.sections, ...streams.sections],
    targets: [...costs.targets, ...streams.targets],
  }
})
