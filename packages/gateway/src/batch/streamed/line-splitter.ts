import { GatewayError } from '../../errors.ts'

/** Cuts what a service sends into lines. What is incomplete is kept, up to a limit. */
export class LineSplitter {
  readonly #limitBytes: number
  #kept: Buffer[] = []
  #length = 0

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes
  }

  /**
   * The lines that are whole now, without their ends and without spaces before them; {@link PING} for spaces alone.
   *
   * @throws {GatewayError} `ERR_SERVICE_RESPONSE_INVALID` at a line over the limit.
   */
  *push(chunk: Buffer): Generator<string, void> {
    let start = 0
    for (let end = chunk.indexOf(LINE_END); end !== -1; end = chunk.indexOf(LINE_END, start)) {
      const line = this.#complete(chunk.subarray(start, end))
      start = end + 1
      if (line !== '') yield line
    }
    const begun = this.#length === 0 ? afterSpaces(chunk, start) : start
    if (begun > start) yield PING
    this.#keep(chunk.subarray(begun))
  }

  /** What came after the last whole line. */
  rest(): string {
    return Buffer.concat(this.#kept).toString('utf8')
  }

  #complete(end: Buffer): string {
    this.#keep(end)
    const line = this.rest()
    this.#kept = []
    this.#length = 0
    return line.trimStart()
  }

  #keep(piece: Buffer): void {
    if (piece.length === 0) return
    this.#length += piece.length
    if (this.#length > this.#limitBytes) throw new GatewayError('ERR_SERVICE_RESPONSE_INVALID')
    this.#kept.push(piece)
  }
}

/** What a service sends to keep a connection alive, between two lines. */
export const PING = ' '

const LINE_END = 0x0a
const SPACE = 0x20

function afterSpaces(bytes: Buffer, from: number): number {
  let at = from
  while (bytes[at] === SPACE) at++
  return at
}
