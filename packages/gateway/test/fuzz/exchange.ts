import { connect } from 'node:net'

/** What came back. */
export interface Exchanged {
  readonly received: string
  /** False if the gateway had not closed the connection after the longest wait. */
  readonly isOver: boolean
}

/** After so long without a byte the client says that it has nothing more to say. Milliseconds. */
const QUIET_MS = 150
/** A gateway that has not closed a connection by then is hanging. Milliseconds. */
const LONGEST_MS = 15_000

/** Sends bytes on a connection of their own and resolves when that is over. */
export function exchange(port: number, bytes: Buffer, serial: number): Promise<Exchanged> {
  return new Promise((resolve) => {
    let received = ''
    // Many addresses of one machine, or its ports would run out while old connections linger.
    const localAddress = `127.0.0.${(serial % 250) + 2}`
    const socket = connect({ port, host: '127.0.0.1', localAddress }, () => socket.write(bytes))
    const quiet = setTimeout(() => socket.end(), QUIET_MS)
    const giveUp = setTimeout(() => finish(false), LONGEST_MS)
    const finish = (isOver: boolean) => {
      clearTimeout(quiet)
      clearTimeout(giveUp)
      socket.destroy()
      resolve({ received, isOver })
    }
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1')
      quiet.refresh()
    })
    // Reset while still sending: what had been answered before that counts.
    socket.on('error', () => {})
    socket.on('close', () => finish(true))
  })
}
