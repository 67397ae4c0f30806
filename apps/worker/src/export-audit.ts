import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { createLogger, readEnvironment } from '@portcullis/runtime'
import { z } from 'zod'
import { auditQuerySchema, MAX_PAGE_ENTRIES } from './audit/entry.ts'
import { readTrail } from './audit/read-trail.ts'
import { openDatabase } from './database/database.ts'

/** Writes the audit trail to the output, an entry a line, the oldest first, after the number that `--after` gives. */
const { values } = parseArgs({ options: { after: { type: 'string', default: '0' } } })
const { DATABASE_URL: url } = readEnvironment(z.object({ DATABASE_URL: z.url() }), process.env)
const logger = createLogger({ name: 'export-audit' })

await using database = openDatabase({ url, logger })
const whole = { order: 'oldest', limit: MAX_PAGE_ENTRIES } as const
for (let after: string | null = values.after; after !== null; ) {
  const { entries, next } = await readTrail(database, auditQuerySchema.parse({ ...whole, after }))
  const lines = entries.map((entry) => `${JSON.stringify(entry)}\n`).join('')
  if (!process.stdout.write(lines)) await once(process.stdout, 'drain')
  after = next
}
