import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { CONTEXT_HEADER } from '@portcullis/context'
import type { Portcullis } from '@portcullis/service'

/** Strings that nothing has looked at yet, as node makes one for each header of each request. */
export function asFromTheWire(tokens: readonly string[]): string[] {
  return tokens.map((token) => Buffer.from(token, 'latin1').toString('latin1'))
}

/** One whose bytes have all been sent by the time it closes. */
class FinishedResponse extends ServerResponse {
  override readonly writableFinished = true
}

const REQUEST = new IncomingMessage(new Socket())

/** Node's request and response as far as a context is made from them. */
export function requestWith(token: string) {
  const response = new FinishedResponse(REQUEST)
  return { headers: { [CONTEXT_HEADER]: token }, response }
}

/** What a service does for each request: its context, and the end of it with the response. */
export async function createAndEndContext(
  portcullis: Portcullis,
  request: ReturnType<typeof requestWith>,
): Promise<void> {
  await portcullis.createContextFrom(request, request.response)
  request.response.emit('close')
}
