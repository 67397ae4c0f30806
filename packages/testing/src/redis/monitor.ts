import { once } from 'node:events'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'

/** A command as the server ran it. */
export interface MonitoredCommand {
  /** Of the client it came from; `lua` within a script. */
  readonly address: string
  readonly command: string
  readonly args: readonly string[]
}

/** `+1700000000.123456 [0 127.0.0.1:41234] "get" "key"`; what cannot be printed in it is escaped. */
const LINE = /^\+\S+ \[\d+ (\S+)\] "(.*)"$/

/**
 * MONITOR over a socket of its own: ioredis loses its place when a command is reported in the same packet as the answer
 * to MONITOR.
 *
 * @throws {Error} when the server refuses or is not there.
 */
export async function monitorCommands(
  redisUrl: string,
  see: (command: MonitoredCommand) => void,
): Promise<AsyncDisposable> {
  const { hostname, port } = new URL(redisUrl)
  const socket = connect(Number(port), hostname)
  const lines = createInterface({ input: socket })
  const answer = once(lines, 'line')
  lines.on('line', (line) => {
    const [, address = '', words = ''] = LINE.exec(line) ?? []
    const [command = '', ...args] = words.split('" "').map((word) => word.replaceAll('\\"', '"'))
    if (address !== '') see({ address, command, args })
  })
  await once(socket, 'connect')
  socket.write('MONITOR\r\n')
  const [said] = await answer
  if (said !== '+OK') throw new Error(`${redisUrl} does not let itself be monitored: ${said}`)
  return {
    async [Symbol.asyncDispose]() {
      socket.destroy()
    },
  }
}
