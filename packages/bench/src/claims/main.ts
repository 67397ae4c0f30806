import { runPart } from '../report/run-part.ts'
import { backfillPlanFor } from './backfill/plan.ts'
import { runBackfill } from './backfill/run-backfill.ts'
import { withBackfill } from './backfill/summary.ts'
import { planFor } from './plan.ts'
import { runRounds } from './run-rounds.ts'
import { summarize } from './summary.ts'

await runPart('claims', async ({ mode, say }) => {
  const plan = planFor(mode)
  const findings = summarize(plan, await runRounds(plan, say))
  const backfill = backfillPlanFor(mode)
  return withBackfill(findings, backfill, await runBackfill(backfill, say))
})
