import { connectionRows } from './rows/connections.ts'
import { messageRows } from './rows/messages.ts'
import { runRow } from './rows/run-row.ts'
import { serverRows } from './rows/server-faults.ts'

const only = process.argv[2]
for (const row of [...messageRows, ...connectionRows, ...serverRows]) {
  if (only && !row.name.includes(only)) continue
  const t0 = performance.now()
  const reports = await runRow(row, (process.argv[3] ?? '1,2,3').split(',').map(Number))
  for (const r of reports) {
    if ('error' in r) {
      process.stdout.write(r.error + '\n')
      continue
    }
    const v = r.verdict
    process.stdout.write(
      JSON.stringify({
        row: row.name,
        aae: v.acceptsAfterEnforced.length,
        aab: v.acceptsAfterBound.length,
        enforced: v.enforced,
        unrep: v.unreported,
        dec: v.decisions,
        fenced: v.fencedAfterMs.map(Math.round),
        rec: v.recoveredAfterMs.map(Math.round),
        false: v.falseRefusals.length,
        wrongly: v.wronglyEnded.length,
        enf: v.enforcedAfterMs.map(Math.round),
      }) + '\n',
    )
    if (v.falseRefusals[0]) process.stdout.write(JSON.stringify(v.falseRefusals.slice(0, 5)) + '\n')
  }
  process.stdout.write(`${Math.round(performance.now() - t0)} ms\n`)
}
process.exit()
