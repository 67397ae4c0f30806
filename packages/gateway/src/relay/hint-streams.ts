import type { ServerResponse } from 'node:http'
import type { Relay } from '@portcullis/revocation'
import { GatewayError } from '../errors.ts'
import type { RelayLimits } from './relay-limits.ts'

/** Streams of hints to services, each as long as its reader keeps up. */
export interface HintStreams {
  /** @throws {GatewayError} `ERR_RELAY_BUSY`. {RevocationError} when the body cannot be read. */
  open(response: ServerResponse, body: unknown): void
  /** Ends all, and takes no more. */
  end(): void
}

const HEADERS = [
  ...['content-type', 'application/x-ndjson', 'cache-control', 'no-store'],
  // Asks proxies on the way to hand each line on at once.
  ...['x-accel-buffering', 'no'],
]

export function createHintStreams(
  relay: Relay,
  { hintStreams, hintBufferBytes }: RelayLimits,
): HintStreams {
  const streams = new Set<ServerResponse>()
  let isEnded = false

  return {
    open(response, body) {
      if (isEnded || streams.size >= hintStreams) throw new GatewayError('ERR_RELAY_BUSY')
      const stop = relay.hear(body, (line) => {
        if (response.destroyed || response.writableEnded) return
        response.write(line)
        // What it misses is in the log: it hears that its stream is over, and fences.
        if (response.writableLength > hintBufferBytes) response.destroy()
      })
      if (response.destroyed) return stop()
      streams.add(response)
      response.on('close', () => {
        streams.delete(response)
        stop()
      })
      response.writeHead(200, HEADERS).flushHeaders()
    },

    end() {
      isEnded = true
      for (const response of streams) response.end()
    },
  }
}
