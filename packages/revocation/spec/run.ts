import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Expectation, listRuns, type ModelRun } from './models.ts'
import { type SearchResult, searchModel, type Verdict } from './search.ts'
import { prepareToolchain } from './toolchain.ts'

const AT_ONCE = 2

const WANTED: Record<Expectation, Verdict> = {
  holds: 'no violation',
  caught: 'violated',
  reached: 'violated',
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

async function main(names: readonly string[]): Promise<number> {
  const runs = listRuns(names)
  await prepareToolchain(say)
  const workFolder = await mkdtemp(join(tmpdir(), 'portcullis-spec-'))
  const began = performance.now()
  const passed = await checkAll(runs, workFolder)
  const failed = runs.length - passed
  say(`${passed} passed, ${failed} failed in ${((performance.now() - began) / 1000).toFixed(0)} s`)
  if (failed === 0) await rm(workFolder, { recursive: true })
  return failed === 0 ? 0 : 1
}

async function checkAll(runs: readonly ModelRun[], workFolder: string): Promise<number> {
  const waiting = runs.values()
  let passed = 0
  const work = async () => {
    for (const run of waiting) if (await check(run, workFolder)) passed += 1
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  return passed
}

async function check(run: ModelRun, workFolder: string): Promise<boolean> {
  const name = `${run.model} ${run.flag ?? ''}`.padEnd(30)
  try {
    const result = await searchModel(run, { specFolder: import.meta.dirname, workFolder })
    const isWanted = result.verdict === WANTED[run.expect]
    say(`${name} ${figures(result)} ${isWanted ? run.expect : complaint(run, result)}`)
    if (isWanted) await rm(result.folder, { recursive: true })
    return isWanted
  } catch (error) {
    say(`${name} FAILED: ${String(error)}`)
    return false
  }
}

function figures({ states, seconds }: SearchResult): string {
  const count = states.toLocaleString('en')
  return `${count.padStart(11)} states ${seconds.toFixed(1).padStart(6)} s `
}

function complaint({ expect }: ModelRun, { verdict, folder }: SearchResult): string {
  return `FAILED: expected ${WANTED[expect]}, was ${verdict}; see ${folder}`
}

process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  return 1
})
