import { createId } from '@portcullis/context'
import { createClaimsPublisher } from '@portcullis/revocation'
import { madeSchema, rateSchema } from './messages.ts'

const [, , redisUrl = '', pepper = ''] = process.argv
const publisher = createClaimsPublisher({ redisUrl, name: 'source', pepper })

/** Events that are on their way to Redis, at most; beyond it fewer are made than were asked for. */
const MAX_UNDERWAY = 1_000
const TICK_MS = 5

let rate = 0
let since = performance.now()
/** Begun since then. */
let begun = 0
let underway = 0
let made = 0

/** One that fails was not made, which shows in the rate. */
function makeOne() {
  begun += 1
  underway += 1
  const change = { subject: createId('usr'), version: 1, id: createId('chg') }
  publisher
    .publish({ ...change, cause: 'role-changed' })
    .then(
      () => (made += 1),
      () => {},
    )
    .finally(() => (underway -= 1))
}

setInterval(() => {
  const due = ((performance.now() - since) / 1_000) * rate
  while (begun < due && underway < MAX_UNDERWAY) makeOne()
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
