import { runPart } from '../report/run-part.ts'
import { planFor } from './plan.ts'
import { run } from './run.ts'
import { summarize } from './summary.ts'

await runPart('growth', async ({ mode, say }) => {
  const plan = planFor(mode)
  return summarize(plan, await run(plan, say))
})
