import { WebSocket } from 'ws'

/** Ends a socket whose other end has gone without a word. Asked once a second. */
export class KeepAlive {
  readonly #socket: WebSocket
  readonly #timeoutMs: number
  #heardAt = performance.now()
  #isAsked = false

  constructor(socket: WebSocket, timeoutMs: number) {
    this.#socket = socket
    this.#timeoutMs = timeoutMs
    socket.on('pong', () => this.heard())
    socket.on('ping', () => this.heard())
  }

  heard(): void {
    this.#heardAt = performance.now()
    this.#isAsked = false
  }

  check(): void {
    const silentMs = performance.now() - this.#heardAt
    if (!this.#isAsked) {
      if (silentMs > this.#timeoutMs / 2) this.#ask()
    } else if (silentMs > this.#timeoutMs) {
      this.#socket.terminate()
    }
  }

  #ask(): void {
    this.#isAsked = true
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.ping()
  }
}
