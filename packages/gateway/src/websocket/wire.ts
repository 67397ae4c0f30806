import type { WebSocket } from 'ws'
import type { GatewayLimits } from '../limits.ts'
import { KeepAlive } from './keep-alive.ts'

type WireLimits = Pick<GatewayLimits, 'socketBufferedBytes' | 'socketIdleTimeoutMs'>

/** The way to a service: an open socket, or what waits for one. */
export class Wire {
  readonly #limits: WireLimits
  #socket: WebSocket | undefined
  #keepAlive: KeepAlive | undefined
  #waiting: string[] = []
  #waitingBytes = 0

  constructor(limits: WireLimits) {
    this.#limits = limits
  }

  get isOpen(): boolean {
    return this.#socket !== undefined
  }

  /** All or none. @returns false if too much is waiting already. */
  send(frames: readonly string[]): boolean {
    const bytes = frames.reduce((sum, frame) => sum + frame.length, 0)
    const pending = this.#socket?.bufferedAmount ?? this.#waitingBytes
    if (pending > 0 && pending + bytes > this.#limits.socketBufferedBytes) return false
    for (const frame of frames) {
      if (this.#socket) this.#socket.send(frame, ignore)
      else this.#waiting.push(frame)
    }
    if (!this.#socket) this.#waitingBytes += bytes
    return true
  }

  open(socket: WebSocket, first: string | undefined): void {
    this.#socket = socket
    this.#keepAlive = new KeepAlive(socket, this.#limits.socketIdleTimeoutMs)
    if (first !== undefined) socket.send(first, ignore)
    for (const frame of this.#waiting) socket.send(frame, ignore)
    this.#forget()
  }

  lose(): void {
    this.#socket = undefined
    this.#forget()
  }

  close(): void {
    this.#socket?.terminate()
    this.lose()
  }

  heard(): void {
    this.#keepAlive?.heard()
  }

  check(): void {
    this.#keepAlive?.check()
  }

  pause(): void {
    this.#socket?.pause()
  }

  resume(): void {
    this.#socket?.resume()
    this.heard()
  }

  #forget(): void {
    this.#waiting = []
    this.#waitingBytes = 0
  }
}

/** A frame that could not be sent is followed by `close`. */
function ignore(): void {}
