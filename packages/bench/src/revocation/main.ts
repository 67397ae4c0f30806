import { runPart } from '../report/run-part.ts'
import { measurePeers } from './peers/measure-peers.ts'
import { planFor } from './plan.ts'
import { runRounds } from './run-rounds.ts'
import { summarize } from './summary.ts'

await runPart('revocation', async ({ mode, say }) => {
  const plan = planFor(mode)
  const run = await runRounds(plan, say)
  return summarize(plan, run, await measurePeers(plan.peers, say))
})
