import type { GatewayError } from '../../errors.ts'

/** A stream in whole pieces, so that between two of them the gateway can end it with an error of its own. */
export interface Frames {
  /** What has become whole with this chunk; undefined if nothing has. */
  push(chunk: Buffer): Buffer | undefined
  /** What was kept back for being incomplete, as the stream ends. */
  rest(): Buffer | undefined
  /** Learns of what has gone out. */
  wrote(pieces: Buffer): void
  /** The text that ends the stream with this error; undefined if there is no place for it. */
  failure(error: GatewayError): string | undefined
  /** The text after which the stream may just end, for its client to open it again; undefined if it would not. */
  comeBack(): string | undefined
}

/** A piece that is larger goes out as it comes, and the stream can be ended by nothing but its end meanwhile. */
const MAX_KEPT_BYTES = 65_536

/** Keeps a chunk's incomplete end back until the rest of it is there. */
export class Pieces {
  readonly #endOf: (bytes: Buffer) => number
  #kept: Buffer | undefined
  #isWhole = true

  /** @param endOf Where the last whole piece ends; 0 if there is none. */
  constructor(endOf: (bytes: Buffer) => number) {
    this.#endOf = endOf
  }

  /** Whether everything that went out is whole. */
  get isWhole(): boolean {
    return this.#isWhole
  }

  push(chunk: Buffer): Buffer | undefined {
    const bytes = this.#kept ? Buffer.concat([this.#kept, chunk]) : chunk
    const end = this.#endOf(bytes)
    const isTooLong = bytes.length - end > MAX_KEPT_BYTES
    const cut = isTooLong ? bytes.length : end
    if (cut > 0) this.#isWhole = !isTooLong
    this.#kept = cut < bytes.length ? bytes.subarray(cut) : undefined
    return cut > 0 ? bytes.subarray(0, cut) : undefined
  }

  rest(): Buffer | undefined {
    return this.#kept
  }
}
