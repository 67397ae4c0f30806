import type { Redis } from 'ioredis'

/** Lets what `send` sends on the connection, in this very step, leave as one packet: each write of its own wakes the server. */
export function inOneWrite<Sent>({ stream }: Redis, send: () => Sent): Sent {
  stream?.cork()
  try {
    return send()
  } finally {
    stream?.uncork()
  }
}
