import { CookieJar } from 'tough-cookie'

/** What a browser does with cookies, for a process: keeps those it is given, sends those that belong. */
export interface CookieStore {
  /** The `Cookie` header for a URL, or undefined if none belongs to it. */
  headerFor(url: string): Promise<string | undefined>
  /** Takes each `Set-Cookie` of an answer from this URL. What a browser would refuse is ignored. */
  take(url: string, setCookies: readonly string[]): Promise<void>
  /** Forgets all. The sessions go on: end them with `session.signOut`. */
  clear(): Promise<void>
}

/** An empty store in memory. One store is one device: share it between clients that are the same person. */
export function createCookieStore(): CookieStore {
  const jar = new CookieJar(undefined, { prefixSecurity: 'silent' })
  return {
    headerFor: async (url) => (await jar.getCookieString(url)) || undefined,
    async take(url, setCookies) {
      for (const cookie of setCookies) await jar.setCookie(cookie, url, { ignoreError: true })
    },
    clear: () => jar.removeAllCookies(),
  }
}
