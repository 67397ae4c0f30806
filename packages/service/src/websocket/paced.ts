import { setTimeout } from 'node:timers/promises'
import type { WebSocket } from 'ws'

/** Between two looks at whether a client has read what was sent, milliseconds. */
const LOOK_MS = 10

/** Passes a stream on no faster than it is read at the other end: tRPC sends to a socket without looking. */
export async function* paced(
  source: AsyncIterable<unknown>,
  { socket, mostBytes }: { readonly socket: WebSocket; readonly mostBytes: number },
): AsyncGenerator<unknown, unknown> {
  const iterator = source[Symbol.asyncIterator]()
  try {
    for (;;) {
      const step = await iterator.next()
      if (step.done) return step.value
      yield step.value
      while (socket.bufferedAmount > mostBytes) await setTimeout(LOOK_MS, undefined, { ref: false })
    }
  } finally {
    await iterator.return?.()
  }
}
