import { mkdir, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { BenchResult } from './result.ts'

export const RESULTS = new URL('../../results/', import.meta.url)

/** Where a part's result is kept. A quick one does not replace what is quoted. */
export function resultPath(part: string, quick: boolean): string {
  return fileURLToPath(new URL(`${part}${quick ? '.quick' : ''}.json`, RESULTS))
}

export async function writeResult(result: BenchResult): Promise<string> {
  const path = resultPath(result.part, result.quick)
  await mkdir(RESULTS, { recursive: true })
  await writeFile(path, `${JSON.stringify(result, null, 2)}\n`)
  return path
}

/** Puts a part's chart beside its result. */
export async function writeChart(part: string, svg: string): Promise<void> {
  await writeFile(new URL(`${part}.svg`, RESULTS), svg)
}
