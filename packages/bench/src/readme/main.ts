import { readFile, writeFile } from 'node:fs/promises'
import { formatChart } from '../report/chart.ts'
import { writeChart } from '../report/write-result.ts'
import { formatMeasured } from './format-measured.ts'
import { replaceMeasured } from './measured-section.ts'
import { readStoredResults } from './stored-results.ts'

/** Writes what the stored results say into the README, and draws their charts. */
const README = new URL('../../../../README.md', import.meta.url)

const results = await readStoredResults()
for (const result of results) await writeChart(result.part, formatChart(result))
const readme = await readFile(README, 'utf8')
await writeFile(README, replaceMeasured(readme, formatMeasured(results)))
