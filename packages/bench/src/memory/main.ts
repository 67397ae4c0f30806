import { runPart } from '../report/run-part.ts'
import { planFor } from './plan.ts'
import { run } from './run.ts'
import { summarize } from './summary.ts'

await runPart('memory', async ({ mode, say }) => {
  const plan = planFor(mode)
  return summarize(await run(plan, say))
})
