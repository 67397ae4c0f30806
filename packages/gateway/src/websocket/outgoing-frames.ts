import type { WebSocket } from 'ws'

export interface OutgoingFramesOptions {
  /** How much may wait for the client to read it, bytes. */
  readonly bufferedBytes: number
  /** The client does not read: until `onRoom` nothing more should be fetched for it. */
  onFull(): void
  /** It has read half of what waited. */
  onRoom(): void
}

/** What goes out to a client, in order. Whoever adds to it is told when the client does not keep up. */
export class OutgoingFrames {
  readonly #socket: WebSocket
  readonly #options: OutgoingFramesOptions
  #kept: Buffer[] = []
  #isFull = false

  constructor(socket: WebSocket, options: OutgoingFramesOptions) {
    this.#socket = socket
    this.#options = options
  }

  /** Whether frames wait for `release`; those that come now have to wait behind them. */
  get isKeeping(): boolean {
    return this.#kept.length > 0
  }

  /** Whether something would have to wait if it came now. */
  get isHeld(): boolean {
    return this.#isFull || this.isKeeping
  }

  write(frame: Buffer | string): void {
    const { bufferedBytes, onFull } = this.#options
    this.#socket.send(frame, { binary: false }, this.#onSent)
    if (this.#isFull || this.#socket.bufferedAmount <= bufferedBytes) return
    this.#isFull = true
    onFull()
  }

  /** Holds a frame back until it is known whether it may go out. */
  keep(frame: Buffer): void {
    this.#kept.push(frame)
  }

  release(): void {
    const kept = this.#kept
    this.#kept = []
    for (const frame of kept) this.write(frame)
  }

  /** What was held back never goes out. */
  drop(): void {
    this.#kept = []
  }

  readonly #onSent = (): void => {
    if (!this.#isFull || this.#socket.bufferedAmount > this.#options.bufferedBytes / 2) return
    this.#isFull = false
    this.#options.onRoom()
  }
}
