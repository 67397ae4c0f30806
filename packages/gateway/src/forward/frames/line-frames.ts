import type { Envelope } from '../../respond/envelope.ts'
import { errorShape } from '../../respond/error-shape.ts'
import { headLine } from '../../respond/streamed-lines.ts'
import { type Frames, Pieces } from './frames.ts'
import { readLine } from './jsonl-line.ts'
import { OpenValues, type StreamedCall } from './open-values.ts'

export interface LineFramesOptions {
  readonly envelope: Envelope
  /** In call order. */
  readonly calls: readonly StreamedCall[]
  readonly requestId?: string
  /** What may be open at once; with more, the stream can only be broken off. */
  readonly maxOpen: number
}

/** A streamed batch, a line each for what it announces. */
export function createLineFrames(options: LineFramesOptions): Frames {
  const { envelope, calls, requestId, maxOpen } = options
  const pieces = new Pieces(endOfLastLine)
  const open = new OpenValues(calls, maxOpen)
  let isHead = true
  let isKnown = true

  function note(line: Buffer) {
    if (isHead) {
      isHead = false
      return
    }
    const read = readLine(line, envelope)
    if (read && !open.note(read) && open.size >= maxOpen) isKnown = false
  }

  return {
    push: (chunk) => pieces.push(chunk),
    rest: () => pieces.rest(),

    wrote(lines) {
      for (let start = 0; start < lines.length; ) {
        const end = lines.indexOf(LINE_END, start)
        if (end === -1) return
        note(lines.subarray(start, end))
        start = end + 1
      }
    },

    comeBack: () => undefined,

    failure(error) {
      if (!pieces.isWhole || !isKnown) return undefined
      const ids = calls.map(({ id }) => id)
      const head = isHead ? headLine(ids, envelope) : ''
      return head + open.failAll((path) => errorShape(error, path, requestId), envelope)
    },
  }
}

const LINE_END = 0x0a
const SPACE = 0x20

/** Spaces after it are pings, and go out at once: a line may begin with them. */
function endOfLastLine(bytes: Buffer): number {
  let end = bytes.lastIndexOf(LINE_END) + 1
  while (bytes[end] === SPACE) end++
  return end
}
