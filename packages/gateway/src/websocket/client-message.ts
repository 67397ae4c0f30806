import { arrayPieces, objectPieces } from '../batch/json-pieces.ts'
import { GatewayError } from '../errors.ts'

/** JSON text of a message's id: 1 and "1" are two. */
export type MessageId = string

export interface CallMessage {
  readonly kind: 'call'
  readonly id: MessageId
  readonly method: 'query' | 'mutation' | 'subscription'
  readonly path: string
  /** JSON text as it came, in the transformer's envelope. */
  readonly input: string | undefined
  /** JSON text of the event after which a subscription goes on. */
  readonly lastEventId: string | undefined
}

interface StopMessage {
  readonly kind: 'stop'
  readonly id: MessageId
}

/** What one frame of a client says. */
export interface ClientFrame {
  /** Whether it came as an array. */
  readonly isBatch: boolean
  readonly messages: readonly (CallMessage | StopMessage)[]
}

/**
 * Reads the envelopes of a frame; inputs stay as they are. One message that cannot be read is the whole frame's end, as
 * it is at a tRPC server.
 *
 * @throws {GatewayError} `ERR_SOCKET_MESSAGE_INVALID`
 */
export function parseClientFrame(text: string): ClientFrame {
  const elements = arrayPieces(text)
  return { isBatch: elements !== undefined, messages: (elements ?? [text]).map(parseMessage) }
}

/** As they may stand in a URL, and of no more than so many characters: nothing else is looked up or written down. */
export function isProcedurePath(path: string): boolean {
  return path.length <= LONGEST_PATH && PATH.test(path)
}

const LONGEST_PATH = 256
const PATH = /^[\w$~-]+(?:\.[\w$~-]+)*$/

/** Whether a frame carries connection parameters: an object with an object in it. */
export function isParams(text: string): boolean {
  const data = objectPieces(text)?.get('data')
  return data === 'null' || (data !== undefined && objectPieces(data) !== undefined)
}

/** A call as it goes on: made of what was read of it, and of nothing else. */
export function formatCall(call: CallMessage, lastEventId = call.lastEventId): string {
  const params = [`"path":${JSON.stringify(call.path)}`]
  if (call.input !== undefined) params.push(`"input":${call.input}`)
  if (lastEventId !== undefined) params.push(`"lastEventId":${lastEventId}`)
  return `{"id":${call.id},"method":"${call.method}","params":{${params.join(',')}}}`
}

export function formatStop(id: MessageId): string {
  return `{"id":${id},"method":"subscription.stop"}`
}

const METHODS: Readonly<Record<string, CallMessage['method']>> = {
  '"query"': 'query',
  '"mutation"': 'mutation',
  '"subscription"': 'subscription',
}
const LONGEST_ID = 64

function parseMessage(text: string): CallMessage | StopMessage {
  const members = objectPieces(text)
  const id = members?.get('id')
  const method = members?.get('method') ?? ''
  if (id === undefined || !isId(id)) throw invalid()
  if (method === '"subscription.stop"') return { kind: 'stop', id }
  const params = objectPieces(members?.get('params') ?? '')
  const known = Object.hasOwn(METHODS, method) ? METHODS[method] : undefined
  if (params === undefined || known === undefined) throw invalid()
  const path = stringOf(params.get('path'))
  const lastEventId = params.get('lastEventId')
  if (path === undefined) throw invalid()
  if (lastEventId !== undefined && stringOf(lastEventId) === undefined) throw invalid()
  return { kind: 'call', id, method: known, path, input: params.get('input'), lastEventId }
}

/** A number or a string, in the one form that it has in JSON: an answer is found by it. */
function isId(text: string): boolean {
  if (text.length > LONGEST_ID) return false
  const value = parseScalar(text)
  const isScalar = typeof value === 'number' || typeof value === 'string'
  return isScalar && JSON.stringify(value) === text
}

function stringOf(text: string | undefined): string | undefined {
  const value = text === undefined ? undefined : parseScalar(text)
  return typeof value === 'string' ? value : undefined
}

function parseScalar(text: string): unknown {
  if (text.startsWith('{') || text.startsWith('[')) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function invalid(): GatewayError {
  return new GatewayError('ERR_SOCKET_MESSAGE_INVALID')
}
