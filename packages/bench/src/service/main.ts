import { runPart } from '../report/run-part.ts'
import { planFor } from './plan.ts'
import { runRounds } from './run-rounds.ts'
import { summarize } from './summary.ts'

await runPart('service', async ({ mode, say }) => {
  const plan = planFor(mode)
  return summarize(plan, await runRounds(plan, say))
})
