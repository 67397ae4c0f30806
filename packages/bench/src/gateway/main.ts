import { observeMachine } from '../report/machine.ts'
import { formatResult } from '../report/table.ts'
import { writeResult } from '../report/write-result.ts'
import { planFor } from './plan.ts'
import { runRounds } from './run-rounds.ts'
import { measureStreams, streamsPlanFor } from './streams.ts'
import { summarize } from './summary.ts'

const args = process.argv.slice(2)
const plan = planFor(args)
const machineAt = observeMachine(['pnpm bench:gateway', ...args].join(' '))
const say = (line: string) => process.stderr.write(`${line}\n`)
const run = await runRounds(plan, say)
const streams = await measureStreams(streamsPlanFor(plan), say)
const costs = summarize(plan, run, machineAt(run.redisVersion))
const result = {
  ...costs,
  sections: [...costs.sections, ...streams.sections],
  targets: [...costs.targets, ...streams.targets],
}
const path = await writeResult(result)
process.stdout.write(`${formatResult(result)}\nwritten to ${path}\n`)
