import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Each stream gets an event so often, in milliseconds, none of them together with all others. */
const EVENT_EVERY_MS = 10_000
const TICKS = 100

const open = new Set<ServerResponse>()
let tick = 0

function sendEvents(): void {
  tick = (tick + 1) % TICKS
  let i = 0
  for (const response of open) if (i++ % TICKS === tick) response.write(`data: ${tick}\n\n`)
}

const server = createServer((request, response) => {
  if (request.url !== '/orders.ticks') {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end('{"result":{"data":{"of":"a query","with":"little in it"}}}')
    return
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' }).write('event: connected\n\n')
  open.add(response)
  response.on('close', () => open.delete(response))
})

setInterval(sendEvents, EVENT_EVERY_MS / TICKS)
process.on('disconnect', () => process.exit())
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo
  process.send?.({ url: `http://127.0.0.1:${port}` })
})
