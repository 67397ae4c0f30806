import { objectPieces } from '../batch/json-pieces.ts'
import type { MessageId } from './client-message.ts'

/** What a frame of a service says, as far as the gateway reads it; its payload stays as it is. */
export type ServiceFrame =
  | { readonly kind: 'reconnect' }
  /** The connection as a whole was refused. `error` is a JSON text. */
  | { readonly kind: 'rejection'; readonly error: string }
  | { readonly kind: 'started' | 'stopped'; readonly id: MessageId }
  /** `eventId` is the JSON text of a tracked event's id. */
  | { readonly kind: 'data'; readonly id: MessageId; readonly eventId: string | undefined }
  | { readonly kind: 'error'; readonly id: MessageId; readonly error: string }

/** Undefined for what no tRPC server sends. */
export function parseServiceFrame(text: string): ServiceFrame | undefined {
  const members = objectPieces(text)
  const id = members?.get('id')
  if (members === undefined || id === undefined) return undefined
  const error = members.get('error')
  if (id === 'null') {
    if (error !== undefined) return { kind: 'rejection', error }
    return members.get('method') === '"reconnect"' ? { kind: 'reconnect' } : undefined
  }
  if (error !== undefined) return { kind: 'error', id, error }
  return parseResult(id, members.get('result') ?? '')
}

function parseResult(id: MessageId, text: string): ServiceFrame | undefined {
  const result = objectPieces(text)
  const type = result?.get('type')
  if (type === '"started"') return { kind: 'started', id }
  if (type === '"stopped"') return { kind: 'stopped', id }
  return type === '"data"' ? { kind: 'data', id, eventId: result?.get('id') } : undefined
}
