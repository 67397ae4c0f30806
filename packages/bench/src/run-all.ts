import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { modeFromCommandLine } from './report/mode.ts'
import { type BenchResult, resultSchema } from './report/result.ts'
import { formatTargets } from './report/table.ts'
import { resultPath } from './report/write-result.ts'

/** One part of a run of all of them. */
interface PartOutcome {
  readonly part: string
  readonly seconds: number
  /** Nothing if it failed. */
  readonly result?: BenchResult
}

/** Runs every part, each in a process of its own so that none warms or burdens another; prints all targets at the end. */
export async function runAll(parts: readonly string[]): Promise<void> {
  const quick = modeFromCommandLine() === 'quick'
  const outcomes: PartOutcome[] = []
  for (const part of parts) outcomes.push(await runOne(part, quick))
  process.stdout.write(`${formatOutcomes(outcomes)}\n`)
  if (outcomes.some(({ result }) => result === undefined)) process.exitCode = 1
}

async function runOne(part: string, quick: boolean): Promise<PartOutcome> {
  const from = performance.now()
  const script = fileURLToPath(new URL(`./${part}/main.ts`, import.meta.url))
  const child = spawn(process.execPath, [script, ...process.argv.slice(2)], { stdio: 'inherit' })
  const [code] = await once(child, 'exit')
  const seconds = (performance.now() - from) / 1_000
  if (code !== 0) return { part, seconds }
  const written = await readFile(resultPath(part, quick), 'utf8')
  return { part, seconds, result: resultSchema.parse(JSON.parse(written)) }
}

function formatOutcomes(outcomes: readonly PartOutcome[]): string {
  const total = outcomes.reduce((sum, { seconds }) => sum + seconds, 0)
  const lines = outcomes.flatMap(({ part, seconds, result }) => [
    `${part}, ${minutes(seconds)}${result ? '' : ': FAILED'}`,
    ...(result ? formatTargets(result.targets) : []),
  ])
  return [`all parts, ${minutes(total)}`, ...lines].join('\n')
}

const minutes = (seconds: number) => `${(seconds / 60).toFixed(1)} min`
