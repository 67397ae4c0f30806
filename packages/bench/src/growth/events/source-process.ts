import { createId } from '@portcullis/context'
import { createClaimsPublisher } from '@portcullis/revocation'
import { madeSchema, rateSchema } from './messages.ts'

const [, , redisUrl = '', pepper = ''] = process.argv
const publisher = createClaimsPublisher({ redisUrl, name: 'source', pepper })

/** Events that are on their way to Redis, at most; beyond it fewer are made than were asked for. */
const MAX_UNDERWAY = 4_000
const TICK_MS = 5

let rate = 0
let since = performance.now()
/** Begun since then. */
let begun = 0
let underway = 0
let made = 0

async function makeOne() {
  begun += 1
  underway += 1
  const change = { subject: createId('usr'), version: 1, id: createId('chg') }
  await publisher.publish({ ...change, cause: 'role-changed' })
  underway -= 1
  made += 1
}

/** A failure ends the process: what was not made cannot be measured. */
setInterval(() => {
  const due = ((performance.now() - since) / 1_000) * rate
  while (begun < due && underway < MAX_UNDERWAY) void makeOne()
}, TICK_MS)

process.on('message', (message) => {
  const asked = rateSchema.parse(message)
  if (asked.rate !== rate) {
    rate = asked.rate
    since = performance.now()
    begun = 0
  }
  process.send?.(madeSchema.parse({ made }))
})
process.on('disconnect', () => process.exit())
