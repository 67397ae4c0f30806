import { z } from 'zod'
import { allRows } from '../rows/all-rows.ts'
import { runRow } from '../rows/run-row.ts'

const jobSchema = z.object({ row: z.string(), seeds: z.array(z.number()) })
const { row: name, seeds } = jobSchema.parse(JSON.parse(process.env['JOB'] ?? 'null'))
const row = allRows.find((each) => each.name === name)
if (!row) throw new TypeError(`no row is called ${name}`)
for await (const trial of runRow(row, seeds)) {
  process.stdout.write(`trials ${JSON.stringify(trial)}\n`)
}
process.exit()
