import type { IncomingMessage } from 'node:http'

/** Whether a header goes on to a service, by its name alone. */
type Verdict = 'pass' | 'drop' | 'body'

// RFC 9110 section 7.6.1, and what the gateway itself answers for: expectations, the host, the cookie.
const DROPPED = new Set([
  ...['connection', 'keep-alive', 'proxy-connection', 'proxy-authenticate', 'proxy-authorization'],
  ...[
    'te',
    'trailer',
    'transfer-encoding',
    'upgrade',
    'http2-settings',
    'expect',
    'host',
    'cookie',
  ],
  ...['forwarded', 'x-real-ip', 'x-forwarded', 'x-request-id', 'traceparent', 'tracestate'],
])
const OWNED_PREFIXES = ['x-portcullis', 'x-user-', 'x-org-', 'x-forwarded-']
const BODY_HEADERS = new Set(['content-length', 'content-type', 'content-encoding'])

interface Known {
  /** The same string each time: what it is compared with and looked up by further on is found sooner. */
  readonly name: string
  readonly verdict: Verdict
}

/** Header names repeat over all requests; a client may send any, so the memory of them is bounded. */
const MEMO_ENTRIES = 1_000
const memo = new Map<string, Known>()

export interface ForwardedHeadersOptions {
  /** Whether the request's own body goes on, and with it the headers that describe it. */
  keepBody: boolean
  /** Whether the service may compress: only if its answer is passed on as it is. */
  keepEncoding: boolean
}

/**
 * The request's headers as a service gets them, a flat list of names and values. Gone are: the session cookie, all
 * `cookie` headers (the caller adds what is left of them), hop-by-hop headers and those named by `Connection`, and every
 * name by which a client could pose as the gateway (`x-portcullis-*`, `x-user-*`, `x-org-*`, `x-forwarded-*`; an
 * underscore counts as a hyphen, because some servers read it so).
 */
export function forwardedHeaders(
  request: IncomingMessage,
  options: ForwardedHeadersOptions,
): string[] {
  const named = namedByConnection(request.headers.connection)
  const raw = request.rawHeaders
  const headers: string[] = []
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const given = raw[i] as string
    const { name, verdict } = memo.get(given) ?? judge(given)
    if (verdict === 'drop' || (verdict === 'body' && !options.keepBody)) continue
    if (named?.has(name.toLowerCase())) continue
    headers.push(name, raw[i + 1] as string)
  }
  return options.keepEncoding ? headers : withoutEncoding(headers)
}

function judge(name: string): Known {
  const lower = name.toLowerCase()
  const dashed = lower.replaceAll('_', '-')
  const isOwned = OWNED_PREFIXES.some((prefix) => dashed.startsWith(prefix))
  const verdict =
    isOwned || DROPPED.has(dashed) ? 'drop' : BODY_HEADERS.has(lower) ? 'body' : 'pass'
  const known: Known = { name, verdict }
  if (memo.size < MEMO_ENTRIES && name.length <= 64) memo.set(name, known)
  return known
}

function namedByConnection(connection: string | undefined): Set<string> | undefined {
  if (connection === undefined || connection === 'keep-alive' || connection === 'close') return
  return new Set(connection.split(',').map((name) => name.trim().toLowerCase()))
}

function withoutEncoding(headers: string[]): string[] {
  const kept: string[] = []
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i] as string
    if (!/^(accept-encoding|trpc-accept|range|if-.+)$/i.test(name))
      kept.push(name, headers[i + 1] as string)
  }
  return kept
}
