import type { IncomingMessage, ServerResponse } from 'node:http'

/** Whether work can be sent here. A promise that rejects means no. */
export type ReadyCheck = () => boolean | Promise<boolean>

/**
 * `/healthz`: 200 while the process answers. `/readyz`: 200 while work can be sent here, else 503.
 * @returns whether it was one of these.
 */
export function answerHealth(
  request: IncomingMessage,
  response: ServerResponse,
  isReady: ReadyCheck,
): boolean {
  if (request.url === '/healthz') answer(response, 200, 'alive')
  else if (request.url === '/readyz') void answerReady(response, isReady)
  else return false
  return true
}

async function answerReady(response: ServerResponse, isReady: ReadyCheck): Promise<void> {
  const ready = await Promise.resolve()
    .then(isReady)
    .catch(() => false)
  if (ready) answer(response, 200, 'ready')
  else answer(response, 503, 'not ready')
}

function answer(response: ServerResponse, status: number, text: string): void {
  const headers = { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' }
  response.writeHead(status, headers).end(`${text}\n`)
}
