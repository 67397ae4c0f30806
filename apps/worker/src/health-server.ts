import { createServer } from 'node:http'
import { type Listening, listen } from './listen.ts'

/** `/healthz` answers 200 while the process does, `/readyz` 503 while work cannot be done. */
export function startHealthServer(options: {
  host: string
  port: number
  isReady: () => boolean
}): Promise<Listening> {
  const server = createServer(({ url }, response) => {
    const status = statusOf(url, options.isReady)
    response.writeHead(status, { 'content-type': 'text/plain', 'cache-control': 'no-store' })
    response.end(`${status === 200 ? 'ok' : 'no'}\n`)
  })
  return listen(server, options)
}

function statusOf(url: string | undefined, isReady: () => boolean): number {
  if (url === '/healthz') return 200
  if (url === '/readyz') return isReady() ? 200 : 503
  return 404
}
