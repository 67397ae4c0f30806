import type { Envelope } from '../../respond/envelope.ts'
import { failureLine, resultLine } from '../../respond/streamed-lines.ts'
import type { ReadLine, ValueKind } from './jsonl-line.ts'

/** One call of a streamed batch and the id under which it is answered. */
export interface StreamedCall {
  readonly id: number
  readonly path: string
}

interface OpenValue {
  readonly kind: ValueKind
  readonly path: string
  /** Its answer is the promise that the head made. */
  readonly isCall: boolean
}

/** What a streamed batch has announced and not yet given, so that all of it can fail. */
export class OpenValues {
  readonly #open = new Map<number, OpenValue>()
  readonly #max: number

  constructor(calls: Iterable<StreamedCall>, max: number) {
    this.#max = max
    for (const { id, path } of calls) this.#open.set(id, { kind: 'promise', path, isCall: true })
  }

  get size(): number {
    return this.#open.size
  }

  kindOf(id: number): ValueKind | undefined {
    return this.#open.get(id)?.kind
  }

  /** False if the line is for nothing that is open, announces what is open already, or too much. */
  note(line: ReadLine): boolean {
    const answered = this.#open.get(line.id)
    if (answered === undefined) return false
    if (!line.goesOn) this.#open.delete(line.id)
    for (const { id, kind } of line.announced) {
      if (this.#open.has(id) || this.#open.size >= this.#max) return false
      this.#open.set(id, { kind, path: answered.path, isCall: false })
    }
    return true
  }

  /** The lines that end all of it. Nothing is open then. */
  failAll(
    shapeOf: (path: string) => unknown,
    envelope: Envelope,
    newId: (id: number) => number = (id) => id,
  ): string {
    const lines = [...this.#open].map(([id, { kind, path, isCall }]) => {
      const shape = shapeOf(path)
      if (isCall) return resultLine(newId(id), { error: shape }, envelope)
      return failureLine(newId(id), kind, shape, envelope)
    })
    this.#open.clear()
    return lines.join('')
  }
}
