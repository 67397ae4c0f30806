import type { Socket } from 'node:net'

export interface WireBytes {
  readonly bytesIn: number
  readonly bytesOut: number
}

/** Bytes on the wire, heads included, since the last time it was asked about a connection. */
export function createWireBytes(): (socket: Socket) => WireBytes {
  const counted = new WeakMap<Socket, WireBytes>()
  return (socket) => {
    const before = counted.get(socket)
    const now = { bytesIn: socket.bytesRead, bytesOut: socket.bytesWritten }
    counted.set(socket, now)
    if (before === undefined) return now
    return { bytesIn: now.bytesIn - before.bytesIn, bytesOut: now.bytesOut - before.bytesOut }
  }
}
