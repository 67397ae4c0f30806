import { observeMachine } from '../report/machine.ts'
import { formatResult } from '../report/table.ts'
import { writeResult } from '../report/write-result.ts'
import { planFor } from './plan.ts'
import { runRounds } from './run-rounds.ts'
import { summarize } from './summary.ts'

const args = process.argv.slice(2)
const plan = planFor(args)
const machineAt = observeMachine(['pnpm bench:claims', ...args].join(' '))
const run = await runRounds(plan, (line) => process.stderr.write(`${line}\n`))
const result = summarize(plan, run, machineAt(run.redisVersion))
const path = await writeResult(result)
process.stdout.write(`${formatResult(result)}\nwritten to ${path}\n`)
