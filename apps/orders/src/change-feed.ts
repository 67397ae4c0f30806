import type { OrganizationId } from '@portcullis/context'
import type { Logger } from '@portcullis/runtime'
import type { OrderStore } from './order-store.ts'

/** How often an instance looks for changes made on others, in milliseconds. */
const DEFAULT_POLL_INTERVAL_MS = 500

export interface ChangeFeed extends Disposable {
  /** Resolves once the organization has changed after `change`, or when the signal aborts. */
  waitForChange(organization: OrganizationId, change: number, signal: AbortSignal): Promise<void>
  /** Looks at once: this instance has changed something. */
  look(): void
}

interface Waiter {
  readonly organization: OrganizationId
  readonly change: number
  readonly wake: () => void
}

/**
 * Tells the subscribers of this process that orders changed, here or on another instance. One query an interval serves
 * all of them, and none is made while nobody waits. It carries no orders, so a slow subscriber costs no memory.
 */
export function createChangeFeed(options: {
  store: Pick<OrderStore, 'lastChanges'>
  logger: Logger
  pollIntervalMs?: number | undefined
}): ChangeFeed {
  const waiters = new Set<Waiter>()
  let looking = false
  let lookAgain = false

  async function look(): Promise<void> {
    lookAgain = looking
    if (looking || waiters.size === 0) return
    looking = true
    await wakeChanged().catch((error) => options.logger.warn({ err: error }, 'cannot read changes'))
    looking = false
    if (lookAgain) await look()
  }

  async function wakeChanged(): Promise<void> {
    const watched = [...new Set([...waiters].map(({ organization }) => organization))]
    for (const { organization, last } of await options.store.lastChanges(watched)) {
      for (const waiter of waiters) {
        if (waiter.organization === organization && waiter.change < last) waiter.wake()
      }
    }
  }

  const timer = setInterval(look, options.pollIntervalMs ?? DEFAULT_POLL_INTERVAL_MS).unref()
  return {
    waitForChange(organization, change, signal) {
      if (signal.aborted) return Promise.resolve()
      const { promise, resolve } = Promise.withResolvers<void>()
      const wake = () => {
        waiters.delete(waiter)
        signal.removeEventListener('abort', wake)
        resolve()
      }
      const waiter = { organization, change, wake }
      waiters.add(waiter)
      signal.addEventListener('abort', wake)
      return promise
    },
    look: () => void look(),
    [Symbol.dispose]: () => clearInterval(timer),
  }
}
