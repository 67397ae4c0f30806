import { once } from 'node:events'
import type { Server } from 'node:http'
import { setTimeout as startTimer } from 'node:timers'
import { setImmediate, setTimeout } from 'node:timers/promises'
import { watchIdleSockets } from '@portcullis/runtime'

/** Milliseconds between the abort of what is in flight and the end of its connections. */
const ABORT_GRACE_MS = 1_000
/** Between two looks for connections that have become idle, milliseconds. */
const SWEEP_MS = 50

export interface DrainOptions {
  /** For which requests are answered after draining has begun. */
  readonly delayMs: number
  readonly timeoutMs: number
  /** Tells what would not end by itself to stop, as soon as no connection is accepted any more. */
  endSubscriptions(): void
  /** Tells what is in flight to stop. */
  abort(): void
  /** Ends the connections that are no HTTP any more. */
  breakOff(): void
}

export interface Drain {
  readonly started: boolean
  /**
   * Goes on for `delayMs`, then stops accepting, ends subscriptions, lets requests finish, aborts them after `timeoutMs`, and
   * closes what is left.
   */
  finish(): Promise<void>
}

/** Watches a server's requests, so that it can be closed without breaking off any that ends in time. */
export function createDrain(server: Server, options: DrainOptions): Drain {
  const { delayMs, timeoutMs, abort, breakOff, endSubscriptions } = options
  const idleSockets = watchIdleSockets(server)
  let finished: Promise<void> | undefined
  let isClosing = false

  server.prependListener('request', (_request, response) => {
    response.once('close', () => {
      // The connection of a complete response counts as idle one turn later.
      if (isClosing) void setImmediate().then(idleSockets.destroy)
    })
  })

  async function finish() {
    idleSockets.announceClose()
    await setTimeout(delayMs)
    // The event loop has just taken in connections and bytes: what looks idle right after that is.
    await setImmediate()
    isClosing = true
    const closed = once(server, 'close')
    server.close()
    idleSockets.destroy()
    endSubscriptions()
    const closeAll = () => {
      server.closeAllConnections()
      breakOff()
    }
    const timers = [startTimer(abort, timeoutMs), startTimer(closeAll, timeoutMs + ABORT_GRACE_MS)]
    const sweep = setInterval(() => idleSockets.destroy(), SWEEP_MS)
    await closed
    clearInterval(sweep)
    for (const timer of timers) clearTimeout(timer)
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
