import type { Redis } from 'ioredis'

/** Publishes without hearing an answer. */
export interface Speaker {
  /** Sends it in this very step. False if it is not connected, or 64 KiB wait to be sent: then it is dropped. */
  say(channel: string, message: string): boolean
}

/** Bytes that wait for a server which does not take them. */
const MAX_UNSENT_BYTES = 65_536

/**
 * For messages that may be lost: an answer to each would cost the server and this process as much as the message itself.
 * Turns answers off on the connection, which can have no other use from then on.
 */
export function createSpeaker(redis: Redis): Speaker {
  const silence = encode('CLIENT', 'REPLY', 'OFF')
  redis.on('ready', () => redis.stream.write(silence))
  if (redis.status === 'ready') redis.stream.write(silence)
  return {
    say(channel, message) {
      const { status, stream } = redis
      if (status !== 'ready' || stream.writableLength > MAX_UNSENT_BYTES) return false
      stream.write(encode('PUBLISH', channel, message))
      return true
    },
  }
}

/** Past the driver, which would wait for answers. */
function encode(...words: readonly string[]): string {
  const bulks = words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`)
  return `*${words.length}\r\n${bulks.join('')}`
}
