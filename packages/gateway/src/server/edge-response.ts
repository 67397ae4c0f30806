import {
  type IncomingMessage,
  type OutgoingHttpHeader,
  type OutgoingHttpHeaders,
  ServerResponse,
} from 'node:http'
import type { RequestRecord } from '../observe/request-record.ts'
import type { Arrival } from './arrival.ts'

export type EdgeListener = (request: IncomingMessage, response: EdgeResponse) => void

type Headers = OutgoingHttpHeaders | OutgoingHttpHeader[]

/** An answer with the headers that the gateway puts on every one, whoever writes its head. */
export class EdgeResponse<
  Request extends IncomingMessage = IncomingMessage,
> extends ServerResponse<Request> {
  /** Flat list of names and values, added to those of whoever answers. */
  readonly added: string[] = []
  /** Learns what becomes of the request; undefined if nobody looks on. */
  record: RequestRecord | undefined
  #arrival: Arrival | undefined

  /** What is known of the request. */
  get arrival(): Arrival {
    if (this.#arrival === undefined) throw new TypeError('The request has not arrived yet')
    return this.#arrival
  }

  /** @param headers Flat list, further headers of every answer. */
  arrive(arrival: Arrival, headers: readonly string[]): void {
    this.#arrival = arrival
    this.added.push('x-request-id', arrival.id, ...headers)
  }

  override writeHead(status: number, message?: string | Headers, headers?: Headers): this {
    return super.writeHead(status, [...flat(headers ?? message), ...this.added])
  }
}

function flat(headers: string | Headers | undefined): OutgoingHttpHeader[] {
  if (Array.isArray(headers)) return headers
  if (typeof headers !== 'object') return []
  return Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [name, value],
  )
}
