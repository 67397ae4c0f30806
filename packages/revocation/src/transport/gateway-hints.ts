import { setTimeout as wait } from 'node:timers/promises'
import type { InstanceId } from '@portcullis/context'
import type { HintListener } from '../log/follow-hints.ts'
import type { GatewayClient } from './gateway-client.ts'
import { HINT_SILENCE_MS, hintLineSchema } from './wire.ts'

export interface GatewayHintsOptions {
  readonly client: GatewayClient
  readonly instance: InstanceId
  readonly listener: HintListener
  /** Ends it for good. */
  readonly signal: AbortSignal
}

const FIRST_PAUSE_MS = 25
const LONGEST_PAUSE_MS = 500
/** Characters without an end of line before a stream is given up. */
const MAX_LINE_LENGTH = 4_194_304

/** Listens to one stream after the other, whichever gateway is the current one. What a stream misses is in the log. */
export async function hearGateway(options: GatewayHintsOptions): Promise<void> {
  const { client, instance, listener, signal } = options
  let pauseMs = FIRST_PAUSE_MS

  async function hearStream(stream: AsyncIterable<Uint8Array>, call: AbortController) {
    const silence = setTimeout(() => call.abort(), HINT_SILENCE_MS)
    try {
      for await (const line of linesOf(stream)) {
        silence.refresh()
        pauseMs = FIRST_PAUSE_MS
        tell(listener, line)
      }
    } finally {
      clearTimeout(silence)
      // Ended by the gateway: this instance was too slow for it, or it is gone.
      if (!call.signal.aborted) listener.onGap()
    }
  }

  while (!signal.aborted) {
    await client.stream('hints', { instance }, hearStream).catch(leaveToNextStream)
    await wait(pauseMs, undefined, { signal }).catch(leaveToNextStream)
    pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)
  }
}

function leaveToNextStream(): void {}

/** @throws {z.ZodError} and {SyntaxError} for a line that is none. */
function tell(listener: HintListener, text: string): void {
  const line = hintLineSchema.parse(JSON.parse(text))
  if (line.kind === 'hint') listener.onHint(line.message)
  else if (line.kind === 'acknowledgement') listener.onAcknowledgement(line.message)
  else if (line.kind === 'gap') listener.onGap()
}

async function* linesOf(stream: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    if (rest.length > MAX_LINE_LENGTH) return
    yield* lines
  }
}
