import { readFile, writeFile } from 'node:fs/promises'
import { withTable } from './runner/readme-table.ts'
import { resultsSchema } from './runner/results.ts'

/** Puts the table of the stored run into the README. */
const results = new URL('../results/faults.json', import.meta.url)
const readme = new URL('../README.md', import.meta.url)
const stored = resultsSchema.parse(JSON.parse(await readFile(results, 'utf8')))
await writeFile(readme, withTable(await readFile(readme, 'utf8'), stored))
