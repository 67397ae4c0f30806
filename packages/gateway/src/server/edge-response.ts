import {
  type IncomingMessage,
  type OutgoingHttpHeader,
  type OutgoingHttpHeaders,
  ServerResponse,
} from 'node:http'
import type { RequestRecord } from '../observe/request-record.ts'
import type { TraceContext } from '../trace/trace-context.ts'
import type { Arrival } from './arrival.ts'

export type EdgeListener = (request: IncomingMessage, response: EdgeResponse) => void

type Headers = OutgoingHttpHeaders | OutgoingHttpHeader[]

/** An answer with the headers that the gateway puts on every one, whoever writes its head. */
export class EdgeResponse<
  Request extends IncomingMessage = IncomingMessage,
> extends ServerResponse<Request> {
  /** Flat list of names and values, added to those of whoever answers. */
  readonly added: string[] = []
  #defaults: readonly string[] = []
  /** Learns what becomes of the request; undefined if nobody looks on. */
  record: RequestRecord | undefined
  #arrival: Arrival | undefined

  /** What is known of the request. */
  get arrival(): Arrival {
    if (this.#arrival === undefined) throw new TypeError('The request has not arrived yet')
    return this.#arrival
  }

  /** Puts it below another span of the same or another trace. */
  retrace(trace: TraceContext): void {
    this.#arrival = { ...this.arrival, trace }
  }

  /** Both lists are flat. @param defaults Added unless whoever answers has a header of that name. */
  arrive(arrival: Arrival, headers: readonly string[], defaults: readonly string[]): void {
    this.#arrival = arrival
    this.#defaults = defaults
    this.added.push('x-request-id', arrival.id, ...headers)
  }

  override writeHead(status: number, message?: string | Headers, headers?: Headers): this {
    const all = flat(headers ?? message).concat(this.added)
    const given = all.length
    for (let i = 0; i + 1 < this.#defaults.length; i += 2) {
      const name = this.#defaults[i] as string
      if (!hasName(all, given, name)) all.push(name, this.#defaults[i + 1] as string)
    }
    return super.writeHead(status, all)
  }
}

/** Names are in lower case: the gateway writes them so, and so does what reads those of services. */
function hasName(headers: readonly OutgoingHttpHeader[], end: number, name: string): boolean {
  for (let i = 0; i < end; i += 2) if (headers[i] === name) return true
  return false
}

function flat(headers: string | Headers | undefined): OutgoingHttpHeader[] {
  if (Array.isArray(headers)) return headers
  if (typeof headers !== 'object') return []
  return Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [name, value],
  )
}
