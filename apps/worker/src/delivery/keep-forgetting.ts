import type { Logger } from '@portcullis/runtime'
import type { Deliveries } from './deliveries.ts'

/** For which it stays known what became of an event at a receiver, ms. */
const KEPT_MS = 30 * 24 * 3_600_000
/** Between two looks, ms. */
const LOOK_EVERY_MS = 3_600_000

/** Takes away what was settled long ago, so that the table does not grow for ever. */
export function keepForgetting(options: {
  deliveries: Pick<Deliveries, 'forget'>
  logger: Logger
}): Disposable {
  const { deliveries, logger } = options
  const forget = () => {
    deliveries
      .forget(KEPT_MS)
      .catch((err) => logger.warn({ err }, 'old deliveries cannot be forgotten'))
  }
  const timer = setInterval(forget, LOOK_EVERY_MS).unref()
  forget()
  return { [Symbol.dispose]: () => clearInterval(timer) }
}
