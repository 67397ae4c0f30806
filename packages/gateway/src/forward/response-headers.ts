/** Response headers as undici reads them: lower-case names. */
export type ResponseHeaders = Readonly<Record<string, string | string[] | undefined>>

const DROPPED = new Set([
  ...['connection', 'keep-alive', 'proxy-connection', 'proxy-authenticate', 'proxy-authorization'],
  ...['te', 'trailer', 'transfer-encoding', 'upgrade', 'x-request-id'],
  // What runs behind the gateway is nobody's business.
  ...['server', 'x-powered-by'],
])

/**
 * A service's response headers as the client gets them, a flat list. Hop-by-hop headers end here, and
 * those that are the gateway's alone: `x-portcullis-*`, `x-request-id`, `access-control-*`, and the session cookie.
 *
 * @param cookieName Undefined if there are no sessions: every cookie is the services' then.
 */
export function returnedHeaders(
  headers: ResponseHeaders,
  cookieName: string | undefined,
): string[] {
  const named = headers['connection']
  const returned: string[] = []
  for (const name in headers) {
    const value = headers[name]
    if (value === undefined || isDropped(name)) continue
    if (named !== undefined && isNamed(named, name)) continue
    if (name === 'set-cookie') pushCookies(returned, value, cookieName)
    else pushAll(returned, name, value)
  }
  return returned
}

/** Names repeat over all answers; a service may send any, so the memory of them is bounded. */
const MEMO_ENTRIES = 1_000
const memo = new Map<string, boolean>()

function isDropped(name: string): boolean {
  const known = memo.get(name)
  if (known !== undefined) return known
  const isOwned = name.startsWith('x-portcullis') || name.startsWith('access-control-')
  const dropped = isOwned || DROPPED.has(name)
  if (memo.size < MEMO_ENTRIES && name.length <= 64) memo.set(name, dropped)
  return dropped
}

/** The `Set-Cookie` values of a service that may reach the client. */
export function returnedCookies(
  value: string | string[] | undefined,
  cookieName: string | undefined,
): string[] {
  if (value === undefined) return []
  if (cookieName === undefined) return [value].flat()
  return [value].flat().filter((cookie) => !cookie.trimStart().startsWith(`${cookieName}=`))
}

function pushCookies(
  returned: string[],
  value: string | string[],
  cookieName: string | undefined,
): void {
  for (const cookie of returnedCookies(value, cookieName)) returned.push('set-cookie', cookie)
}

function pushAll(returned: string[], name: string, value: string | string[]): void {
  if (typeof value === 'string') returned.push(name, value)
  else for (const item of value) returned.push(name, item)
}

function isNamed(connection: string | string[], name: string): boolean {
  if (connection === 'keep-alive' || connection === 'close') return false
  return [connection].flat().some((line) =>
    line
      .toLowerCase()
      .split(',')
      .some((item) => item.trim() === name),
  )
}
