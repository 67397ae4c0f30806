import { CONTEXT_HEADER } from '@portcullis/context'
import { type HttpRelay, startHttpRelay } from './http-relay.ts'

/** A relay before a service that keeps the last signed context which the gateway sent, as a thief in between would. */
export interface ContextTap extends HttpRelay {
  /** Calls the service itself with that context; resolves with the status of its answer. */
  replay(path: string): Promise<number>
}

export async function startContextTap(service: string): Promise<ContextTap> {
  let stolen = ''
  const relay = await startHttpRelay(service, {
    onRequest({ headers }) {
      const context = headers[CONTEXT_HEADER]
      if (typeof context === 'string') stolen = context
    },
  })
  return {
    ...relay,
    async replay(path) {
      const headers = { [CONTEXT_HEADER]: stolen }
      const response = await fetch(new URL(path, service), { headers })
      await response.body?.cancel()
      return response.status
    },
  }
}
