import type { IncomingHttpHeaders } from 'node:http'
import { isIP, type LookupFunction } from 'node:net'
import type { Position } from '@portcullis/context'
import { WebSocket } from 'ws'
import { GatewayError } from '../errors.ts'
import { staleSince } from '../forward/stale-context.ts'
import type { Target } from '../forward/upstream/target.ts'
import type { GatewayLimits } from '../limits.ts'

export interface DialOptions {
  readonly target: Target
  readonly url: string
  /** A flat list of names and values. */
  readonly headers: readonly string[]
  readonly limits: Pick<GatewayLimits, 'connectTimeoutMs' | 'socketMessageBytes'>
}

/**
 * A socket that is open, and paused so that its first frame finds its reader; or since when the service knows of
 * something that the context does not.
 */
export type Dialled = { readonly socket: WebSocket } | { readonly staleSince: Position }

/**
 * Opens a socket to a service.
 *
 * @throws {GatewayError} `ERR_SERVICE_UNREACHABLE`, `ERR_SERVICE_RESPONSE_INVALID` if it refuses the upgrade.
 */
export function dial({ target, url, headers, limits }: DialOptions): Promise<Dialled> {
  const socket = new WebSocket(url, {
    headers: headersOf(headers),
    handshakeTimeout: limits.connectTimeoutMs,
    maxPayload: limits.socketMessageBytes,
    perMessageDeflate: false,
    followRedirects: false,
    ...(target.address !== undefined && { lookup: lookupOf(target.address) }),
  })
  let isAnswered = false
  const answered = (status: number, headers: IncomingHttpHeaders) => {
    isAnswered = true
    target.answered(status, headers)
  }
  target.pending++
  socket.once('close', () => target.pending--)
  return new Promise((resolve, reject) => {
    socket.once('open', () => {
      answered(101, {})
      socket.pause()
      resolve({ socket })
    })
    socket.once('unexpected-response', (_request, { statusCode = 0, headers }) => {
      const since = staleSince(statusCode, headers)
      if (since) resolve({ staleSince: since })
      else reject(new GatewayError('ERR_SERVICE_RESPONSE_INVALID'))
      answered(statusCode, headers)
      socket.terminate()
    })
    // Stays: whatever fails later is followed by `close`.
    socket.on('error', (cause) => {
      if (!isAnswered) target.failed(cause)
      reject(new GatewayError('ERR_SERVICE_UNREACHABLE', { cause }))
    })
  })
}

/** Without those of the handshake, which is made anew. */
function headersOf(flat: readonly string[]): Record<string, string[]> {
  const headers: Record<string, string[]> = {}
  for (let i = 0; i + 1 < flat.length; i += 2) {
    const name = (flat[i] as string).toLowerCase()
    if (name.startsWith('sec-websocket-')) continue
    const values = headers[name] ?? []
    values.push(flat[i + 1] as string)
    headers[name] = values
  }
  return headers
}

function lookupOf(address: string): LookupFunction {
  const family = isIP(address)
  return (_hostname, { all }, callback) => {
    if (all) callback(null, [{ address, family }])
    else callback(null, address, family)
  }
}
