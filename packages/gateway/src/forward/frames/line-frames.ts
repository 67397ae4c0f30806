import type { Envelope } from '../../respond/envelope.ts'
import { errorShape } from '../../respond/error-shape.ts'
import { type Frames, Pieces } from './frames.ts'
import { readLine, type ValueKind } from './jsonl-line.ts'

/**
 * A streamed batch, a line each for what it announces. Remembers what has been announced and not been given yet, so that
 * all of it can fail. Payloads are not parsed: only the beginning and the end of a line are looked at.
 */
export function createLineFrames(
  wrap: Envelope,
  paths: readonly string[],
  requestId?: string,
): Frames {
  const pieces = new Pieces((bytes) => bytes.lastIndexOf(0x0a) + 1)
  const open = new Map<number, ValueKind>(paths.map((_, id) => [id, 'promise']))
  let isHead = true

  function note(line: Buffer) {
    if (isHead) {
      isHead = false
      return
    }
    const read = readLine(line)
    if (!read) return
    if (!read.goesOn) open.delete(read.id)
    for (const { id, kind } of read.announced) open.set(id, kind)
  }

  return {
    push: (chunk) => pieces.push(chunk),
    rest: () => pieces.rest(),

    wrote(lines) {
      for (let start = 0; start < lines.length; ) {
        const end = lines.indexOf(0x0a, start)
        if (end === -1) return
        note(lines.subarray(start, end))
        start = end + 1
      }
    },

    comeBack: () => undefined,

    failure(error) {
      if (!pieces.isWhole || isHead) return undefined
      const lines = [...open].map(([id, kind]) => {
        const shape = errorShape(error, paths[id], requestId)
        if (id < paths.length) return [id, 0, [[{ error: shape }]]]
        return [id, kind === 'promise' ? 1 : 2, shape]
      })
      return lines.map((line) => `${wrap(JSON.stringify(line))}\n`).join('')
    },
  }
}
