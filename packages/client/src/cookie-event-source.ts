import { EventSource } from 'eventsource'
import type { CookieFetch } from './cookie-fetch.ts'
import type { EventSourceClass } from './options.ts'

/** `EventSource` whose connections, the repeated ones too, carry the cookies that the store holds at that moment. */
export function createCookieEventSource(fetch: CookieFetch): EventSourceClass {
  return class CookieEventSource extends EventSource {
    constructor(url: string) {
      super(url, { fetch })
    }
  }
}
