import { execFile } from 'node:child_process'
import { copyFile, mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { ModelRun } from './models.ts'

const run = promisify(execFile)

const MEMORY_LIMIT_MIB = 2_500
const DEPTH_LIMIT = 500_000
const OUTPUT_LIMIT_BYTES = 16 * 1024 * 1024
// Almost every variable is shared, so that partial order reduction costs more than it saves. At -O2 compiling takes longer
// than most searches.
const COMPILER = ['-O1', '-w', '-DSAFETY', '-DNOREDUCE', `-DMEMLIM=${MEMORY_LIMIT_MIB}`]

export type Verdict = 'no violation' | 'violated' | 'incomplete' | 'broken'

export interface SearchResult {
  readonly verdict: Verdict
  readonly states: number
  readonly seconds: number
  /** Holds the model, the verifier, its output and a trail if there is one. */
  readonly folder: string
}

/** Builds a verifier for one variant in a folder of its own and searches every state. */
export async function searchModel(
  { model, flag }: ModelRun,
  options: { readonly specFolder: string; readonly workFolder: string },
): Promise<SearchResult> {
  const began = performance.now()
  const folder = await mkdtemp(join(options.workFolder, `${model}-`))
  const cwd = { cwd: folder, maxBuffer: OUTPUT_LIMIT_BYTES }
  await copyFile(join(options.specFolder, `${model}.pml`), join(folder, `${model}.pml`))
  await run('spin', ['-a', ...(flag === null ? [] : [`-D${flag}`]), `${model}.pml`], cwd)
  await run('gcc', [...COMPILER, '-o', 'pan', 'pan.c'], cwd)
  const { stdout } = await run('./pan', ['-n', `-m${DEPTH_LIMIT}`], cwd)
  const seconds = (performance.now() - began) / 1000
  return { verdict: verdictOf(stdout), states: statesOf(stdout), seconds, folder }
}

function verdictOf(output: string): Verdict {
  const errors = /errors: (\d+)/.exec(output)?.[1]
  if (errors === undefined) return 'broken'
  if (errors !== '0') return output.includes('assertion violated') ? 'violated' : 'broken'
  const cutShort = /max search depth too small|Search not completed|out of memory|MEMLIM bound/i
  return cutShort.test(output) ? 'incomplete' : 'no violation'
}

function statesOf(output: string): number {
  return Number(/([\d.e+]+) states, stored/.exec(output)?.[1] ?? 0)
}
