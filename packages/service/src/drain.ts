import { once } from 'node:events'
import type { Server, ServerResponse } from 'node:http'
import { watchIdleSockets } from '@portcullis/runtime'

/** Milliseconds between the abort of what is in flight and the end of its connections. */
const ABORT_GRACE_MS = 1_000

export interface DrainOptions {
  readonly timeoutMs: number
  /** Tells what would not end by itself to stop, as soon as draining begins. */
  endSubscriptions(): void
  /** Tells what is in flight to stop. */
  abort(): void
}

export interface Drain {
  readonly started: boolean
  /** Stops accepting, ends subscriptions, lets requests finish, aborts them after `timeoutMs`, then closes what is left. */
  finish(): Promise<void>
}

/** Watches a server's requests, so that it can be closed without breaking off any that ends in time. */
export function createDrain(server: Server, options: DrainOptions): Drain {
  const { timeoutMs, abort, endSubscriptions } = options
  const open = new Set<ServerResponse>()
  const idleSockets = watchIdleSockets(server)
  let finished: Promise<void> | undefined

  server.prependListener('request', (_request, response) => {
    open.add(response)
    if (finished) response.setHeader('connection', 'close')
    response.once('close', () => {
      open.delete(response)
      // The connection of a complete response counts as idle one turn later.
      if (finished) setImmediate(() => idleSockets.destroy())
    })
  })

  async function finish() {
    const closed = once(server, 'close')
    for (const response of open)
      if (!response.headersSent) response.setHeader('connection', 'close')
    server.close()
    idleSockets.destroy()
    endSubscriptions()
    const abortTimer = setTimeout(abort, timeoutMs)
    const closeTimer = setTimeout(() => server.closeAllConnections(), timeoutMs + ABORT_GRACE_MS)
    await closed
    clearTimeout(abortTimer)
    clearTimeout(closeTimer)
  }

  return {
    get started() {
      return finished !== undefined
    },
    finish() {
      finished ??= finish()
      return finished
    },
  }
}
