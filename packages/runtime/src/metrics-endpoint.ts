import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { PrometheusMetrics } from './metrics-prometheus.ts'

export interface MetricsEndpointOptions {
  readonly metrics: Pick<PrometheusMetrics, 'render'>
  /** Never the public one: whoever reaches it may read. 0 for a free one. */
  readonly port: number
  /** Default `127.0.0.1`. */
  readonly host?: string | undefined
}

export interface MetricsEndpoint extends AsyncDisposable {
  readonly url: string
}

/** Milliseconds a scrape may take to send its request. */
const REQUEST_TIMEOUT_MS = 5_000

/**
 * Answers `GET /metrics` on a listener of its own, apart from whatever the process serves.
 *
 * @throws when the address is taken.
 */
export async function serveMetrics(options: MetricsEndpointOptions): Promise<MetricsEndpoint> {
  const { metrics, port, host = '127.0.0.1' } = options
  const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS }, (request, response) => {
    answer(metrics, request, response).catch(() => response.destroy())
  })
  server.listen(port, host)
  await once(server, 'listening')
  const { address, family, port: taken } = server.address() as AddressInfo
  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${taken}/metrics`,
    async [Symbol.asyncDispose]() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

async function answer(
  metrics: Pick<PrometheusMetrics, 'render'>,
  { method, url }: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (method !== 'GET' || url !== '/metrics') {
    response.writeHead(404).end()
    return
  }
  const { contentType, body } = await metrics.render()
  response.writeHead(200, { 'content-type': contentType, 'cache-control': 'no-store' }).end(body)
}
