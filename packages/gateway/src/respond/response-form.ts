import type { IncomingHttpHeaders } from 'node:http'

/** How the client wants to be answered: one JSON text, a line per result, or server-sent events. */
export type ResponseForm = 'json' | 'jsonl' | 'sse'

/** Reads the same headers as tRPC: `trpc-accept` if present, else the items of `accept`. */
export function responseForm(headers: IncomingHttpHeaders): ResponseForm {
  const wanted = headers['trpc-accept']
  if (wanted === 'application/jsonl') return 'jsonl'
  const { accept } = headers
  if (accept === undefined || accept === '*/*' || accept === 'application/json') return 'json'
  const items = accept.split(',').map((item) => item.trim())
  if (wanted === undefined && items.includes('application/jsonl')) return 'jsonl'
  return items.some(isEventStream) ? 'sse' : 'json'
}

/** Whether a media type, with or without parameters, is that of server-sent events. */
export function isEventStream(mediaType: string): boolean {
  if (mediaType === 'application/json') return false
  return mediaType.slice(0, 17).toLowerCase() === 'text/event-stream'
}
