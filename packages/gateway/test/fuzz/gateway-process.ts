import { createLogger } from '@portcullis/runtime'
import { z } from 'zod'
import { startGateway } from '../support/start-gateway.ts'

/** A whole gateway in a process of its own. It ends with whoever started it, and writes a line for each failure of its own. */
const settings = z
  .object({ redisUrl: z.string(), services: z.record(z.string(), z.url()) })
  .parse(JSON.parse(process.argv[2] ?? ''))

const { url } = await startGateway({
  ...settings,
  logger: createLogger({ name: 'gateway', level: 'error' }),
})
process.on('disconnect', () => process.exit())
process.send?.({ url })
