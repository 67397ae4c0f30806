import { mkdir, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { type BenchResult, resultSchema } from './result.ts'

const RESULTS = new URL('../../results/', import.meta.url)

/** Where a part's result is kept. A quick one does not replace what is quoted. */
export function resultPath(part: string, quick: boolean): string {
  return fileURLToPath(new URL(`${part}${quick ? '.quick' : ''}.json`, RESULTS))
}

/** @throws {z.ZodError} when the result is not of the agreed shape. */
export async function writeResult(result: BenchResult): Promise<string> {
  const path = resultPath(result.part, result.quick)
  await mkdir(RESULTS, { recursive: true })
  await writeFile(path, `${JSON.stringify(resultSchema.parse(result), null, 2)}\n`)
  return path
}
