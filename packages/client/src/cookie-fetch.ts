import type { CookieStore } from './cookie-store.ts'

/** The global `fetch`, as far as tRPC's links and the `eventsource` package call it. */
export type CookieFetch = (input: string | URL | Request, init?: object) => Promise<Response>

/**
 * `fetch` with a cookie store. It sends no `Origin`: a gateway takes JSON from what is not a browser, and no forms.
 * A redirect is an error, for a gateway never sends one and following it could carry the session elsewhere.
 */
export function createCookieFetch(cookies: CookieStore): CookieFetch {
  return async (input, init) => {
    const request = new Request(input, { ...init, redirect: 'error' })
    const cookie = await cookies.headerFor(request.url)
    if (cookie) request.headers.set('cookie', cookie)
    const response = await fetch(request)
    // Before the caller sees the answer: its next call must already carry the new session.
    await cookies.take(request.url, response.headers.getSetCookie())
    return response
  }
}
