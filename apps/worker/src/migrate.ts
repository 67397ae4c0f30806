import { createLogger, readEnvironment } from '@portcullis/runtime'
import { z } from 'zod'
import { openMigrated } from './database/database.ts'

/** Brings the tables up to date, as whoever is to own them. A worker that finds them so needs no right to change them. */
const { DATABASE_URL: url } = readEnvironment(z.object({ DATABASE_URL: z.url() }), process.env)
await using _ = await openMigrated({ url, logger: createLogger({ name: 'migrate' }) })
