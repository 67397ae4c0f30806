import type { Envelope } from '../../respond/envelope.ts'
import { comeBackSoon, serializedError } from '../../respond/reply.ts'
import { type Frames, Pieces } from './frames.ts'

/** Server-sent events: a blank line ends each. HTML Standard, section 9.2.5. */
export function createEventFrames(
  envelope: Envelope,
  path: string | undefined,
  requestId?: string,
): Frames {
  const pieces = new Pieces(endOfLastEvent)
  return {
    push: (chunk) => pieces.push(chunk),
    rest: () => pieces.rest(),
    wrote() {},
    failure: (error) =>
      pieces.isWhole ? serializedError(error, path, envelope, requestId) : undefined,
    comeBack: () => (pieces.isWhole ? comeBackSoon() : undefined),
  }
}

const BLANK_LINES = ['\n\n', '\r\n\r\n', '\r\r'] as const

function endOfLastEvent(bytes: Buffer): number {
  return Math.max(...BLANK_LINES.map((blank) => endOfLast(bytes, blank)))
}

function endOfLast(bytes: Buffer, blank: string): number {
  const at = bytes.lastIndexOf(blank, undefined, 'latin1')
  return at === -1 ? 0 : at + blank.length
}
