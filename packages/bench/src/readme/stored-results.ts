import { readdir, readFile } from 'node:fs/promises'
import { PARTS } from '../parts.ts'
import { type BenchResult, resultSchema } from '../report/result.ts'
import { RESULTS } from '../report/write-result.ts'

/** What is quoted: the result of each part that was measured, in the order of the parts. */
export async function readStoredResults(): Promise<BenchResult[]> {
  const files = new Set(await readdir(RESULTS))
  const stored = PARTS.filter((part) => files.has(`${part}.json`))
  return Promise.all(stored.map(readResult))
}

async function readResult(part: string): Promise<BenchResult> {
  return resultSchema.parse(JSON.parse(await readFile(new URL(`${part}.json`, RESULTS), 'utf8')))
}
