import type { GatewayError } from '../errors.ts'
import type { Envelope } from '../respond/envelope.ts'
import { errorShape } from '../respond/error-shape.ts'
import type { MessageId } from './client-message.ts'

/** Tells a client to open another socket, and to move to it what it has on this one. */
export const RECONNECT = '{"id":null,"method":"reconnect"}'

/** What the gateway itself answers on a socket. */
export interface GatewayFrames {
  /** @param id Without one the error is about the frame or the connection as a whole. */
  error(error: GatewayError, id?: MessageId, path?: string): string
}

export function createGatewayFrames(envelope: Envelope, requestId: string): GatewayFrames {
  return {
    error: (error, id = 'null', path) =>
      errorFrame(id, envelope.wrap(errorShape(error, path, requestId))),
  }
}

/** @param error JSON text, in the transformer's envelope. */
export function errorFrame(id: MessageId, error: string): string {
  return `{"id":${id},"error":${error}}`
}
