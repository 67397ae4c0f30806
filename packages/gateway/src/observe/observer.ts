import type { IncomingMessage } from 'node:http'
import type { Session } from '@portcullis/sessions'
import type { GatewayError } from '../errors.ts'
import type { Arrival } from '../server/arrival.ts'
import type { EdgeResponse } from '../server/edge-response.ts'
import { type PartRecord, RequestRecord } from './request-record.ts'

/** What became of a call on a WebSocket. */
export interface SocketCallRecord {
  /** Of the request for the socket. */
  readonly arrival: Arrival
  readonly session: Session | undefined
  readonly method: 'query' | 'mutation' | 'subscription'
  /** Undefined if it cannot be the path of a procedure. */
  readonly path: string | undefined
  /** How it ended: well, with an error of the service that is not read, or with one of the gateway's. */
  readonly outcome: 'OK' | 'FAILED' | GatewayError
  readonly durationMs: number
}

/** Looks on while requests pass: the access log, metrics, traces. It throws nothing and keeps nothing waiting. */
export interface RequestObserver {
  onRequest?(record: RequestRecord): void
  /** Runs the rest of a request's way, what it starts included. */
  around?(record: RequestRecord, next: () => void): void
  onPart?(record: RequestRecord, part: PartRecord): void
  onPartEnd?(record: RequestRecord, part: PartRecord): void
  /** A stream has begun to be answered. */
  onOpen?(record: RequestRecord): void
  /** The answer is complete, or will never be. Called once for each request. */
  onEnd?(record: RequestRecord): void
  /** A call on a WebSocket has been answered, or will never be. */
  onSocketCall?(call: SocketCallRecord): void
}

/** Begins the record of a request, and sees its end. */
export type Recorder = (request: IncomingMessage, response: EdgeResponse) => RequestRecord

/** Undefined if nobody looks: then a request costs nothing more. */
export function createRecorder(observers: readonly RequestObserver[]): Recorder | undefined {
  if (observers.length === 0) return undefined
  return (request, response) => {
    const record = new RequestRecord(request, response, performance.now(), observers)
    response.on('close', () => record.ended())
    for (const observer of observers) observer.onRequest?.(record)
    return record
  }
}
