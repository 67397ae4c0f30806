import { connect } from 'node:net'

/** Sends bytes to a port and resolves with all that came back when the other side closes, or on `isEnough`. */
export function exchangeRaw(
  port: number,
  bytes: string | Buffer,
  isEnough: (received: string) => boolean = () => false,
): Promise<string> {
  return new Promise((resolve, reject) => {
    let received = ''
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes))
    socket.setTimeout(5_000, () => socket.destroy(new Error(`nothing more came: ${received}`)))
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1')
      if (isEnough(received)) socket.destroy()
    })
    socket.on('error', reject)
    socket.on('close', () => resolve(received))
  })
}

/** One request with exactly these lines; the connection is closed after the answer. */
export async function requestRaw(
  port: number,
  lines: readonly string[],
  body = '',
): Promise<{ status: number; head: string; body: string }> {
  const text = [...lines, 'Connection: close', '', body].join('\r\n')
  const received = await exchangeRaw(port, Buffer.from(text, 'latin1'))
  const [head = '', ...rest] = received.split('\r\n\r\n')
  return { status: Number(head.split(' ')[1]), head, body: rest.join('\r\n\r\n') }
}
