import { readFile } from 'node:fs/promises'
import { formatChart } from './chart.ts'
import { observeMachine } from './machine.ts'
import { type Mode, modeFromCommandLine } from './mode.ts'
import { compareResults, formatRegression } from './regression.ts'
import { type BenchResult, resultSchema } from './result.ts'
import { formatResult } from './table.ts'
import { resultPath, writeChart, writeResult } from './write-result.ts'

/** What a part has found; machine, date and command are added. */
export interface Findings
  extends Pick<BenchResult, 'notes' | 'sections' | 'highlights' | 'charts' | 'targets'> {
  /** Version of the server that was used. */
  readonly redisVersion: string
}

export interface PartRun {
  readonly mode: Mode
  /** Tells people what comes next. */
  say(line: string): void
}

/**
 * The whole of a part's `main.ts`: measures, prints a table, writes `results/<part>.json` and its chart, and warns of
 * what has become worse. A quick run keeps its result apart, draws nothing and is not compared.
 *
 * @param part As in `pnpm bench:<part>` and `results/<part>.json`.
 */
export async function runPart(
  part: string,
  measure: (run: PartRun) => Promise<Findings>,
): Promise<void> {
  const mode = modeFromCommandLine()
  const machineAt = observeMachine([`pnpm bench:${part}`, ...process.argv.slice(2)].join(' '))
  const say = (line: string) => void process.stderr.write(`${line}\n`)
  const { redisVersion, ...findings } = await measure({ mode, say })
  const quick = mode === 'quick'
  const result = resultSchema.parse({ part, quick, machine: machineAt(redisVersion), ...findings })
  const stored = await readStored(part)
  const path = await writeResult(result)
  if (!quick) await writeChart(part, formatChart(result))
  process.stdout.write(`${formatResult(result)}\nwritten to ${path}\n`)
  if (quick || !stored) return
  for (const worse of compareResults(stored, result)) say(formatRegression(worse))
}

/** What was measured before this run. Nothing if there is none, or one of an older shape. */
async function readStored(part: string): Promise<BenchResult | undefined> {
  try {
    return resultSchema.parse(JSON.parse(await readFile(resultPath(part, false), 'utf8')))
  } catch {
    return undefined
  }
}
