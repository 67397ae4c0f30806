import fc from 'fast-check'

/** A request as it is written to the socket. */
export interface FuzzRequest {
  /** `built`: its parts are known; `bytes`: whatever they say. */
  readonly kind: 'built' | 'bytes'
  readonly bytes: Buffer
  /** As written, if built. */
  readonly target: string
  /** Whether it carries the good session cookie, exactly and once. */
  readonly isSignedIn: boolean
}

/** What no service may ever see. */
export const FORGED = 'forged-by-the-client'

const serviceProcedure = fc.constantFrom(
  ...['orders.hello', 'orders.echo', 'orders.fail', 'orders.add', 'orders.headers', 'orders.count'],
  ...['accounts.hello', 'accounts.echo', 'accounts.fail', 'accounts.add', 'orders.nothing'],
)
const otherProcedure = fc.constantFrom(
  ...[
    'session.me',
    'session.list',
    'session.nothing',
    'session.events',
    'session.signIn',
    'admin.x',
  ],
  ...['nobody.home', '__proto__', 'constructor.name', 'Orders.hello', 'orders', 'orders.ticks'],
)
const procedure = fc.oneof(
  { weight: 3, arbitrary: serviceProcedure },
  { weight: 1, arbitrary: otherProcedure },
)
const oddity = fc.constantFrom(
  ...[
    '/',
    '//',
    '\\',
    '..',
    '/../',
    '%2e',
    '%2E%2e/',
    '%2C',
    ',',
    ',,',
    '.',
    '%00',
    '%',
    '%zz',
    '#',
  ],
  ...[
    '?',
    '&',
    ';',
    ' ',
    '\t',
    '+',
    '@',
    ':',
    '*',
    '\u00e9',
    '\xff',
    '$',
    '~',
    '-',
    '_',
    '|',
    '"',
    "'",
  ],
)
const input = fc.oneof(
  fc.json({ maxDepth: 3 }),
  fc.constantFrom('{"0":1,"1":{"by":2}}', '{"0":', '{"0":1,"0":2}', '[]', '{"by":1}', '3', '', '%'),
  fc.string({ maxLength: 40 }),
)
const inputPair = input.map((text) => `input=${encodeURIComponent(text)}`)

/** What some of the procedures take. */
const fittingPair = fc
  .constantFrom('3', '{"by":1}', '{"0":3,"1":3,"2":3}', '{"0":{"by":1},"1":{"by":1}}', '{}')
  .map((text) => `input=${encodeURIComponent(text)}`)

/** As a client of tRPC writes it, with whatever input. */
const usualTarget = fc
  .tuple(
    fc.array(procedure, { minLength: 1, maxLength: 5 }),
    fc.option(fc.oneof(fittingPair, inputPair), { nil: undefined, freq: 2 }),
    fc.boolean(),
  )
  .map(([names, pair, isBatch]) => {
    const pairs = [...(isBatch || names.length > 1 ? ['batch=1'] : []), ...(pair ? [pair] : [])]
    return `/${names.join()}${pairs.length > 0 ? `?${pairs.join('&')}` : ''}`
  })

const oddPath = fc.oneof(
  fc.array(fc.oneof(procedure, oddity), { maxLength: 6 }).map((parts) => parts.join('')),
  fc.array(procedure, { minLength: 1, maxLength: 6 }).map((names) => names.join()),
  fc.webPath(),
  fc.constantFrom('healthz', 'readyz', '.well-known/jwks.json', 'portcullis/fence'),
)
const oddPair = fc.oneof(
  fc.constantFrom('batch=1', 'batch=0', 'batch', 'b%61tch=1', 'BATCH=1', 'x=1;batch=1', 'input=%'),
  fc.constantFrom('lastEventId=7', 'x=1', '=', 'connectionParams={}', 'batch=1'),
  inputPair,
  fc.array(oddity, { maxLength: 4 }).map((parts) => parts.join('')),
)
const oddTarget = fc
  .tuple(
    fc.constantFrom('/', '/', '/', '', 'http://evil.example.com/'),
    oddPath,
    fc.array(oddPair, { maxLength: 4 }),
  )
  .map(
    ([start, where, pairs]) => `${start}${where}${pairs.length > 0 ? `?${pairs.join('&')}` : ''}`,
  )

const target = fc.oneof({ weight: 3, arbitrary: usualTarget }, { weight: 1, arbitrary: oddTarget })

const method = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom('GET', 'GET', 'POST') },
  { weight: 1, arbitrary: fc.constantFrom('HEAD', 'OPTIONS', 'PUT', 'DELETE', 'get', 'CONNECT') },
)
const contentType = fc.oneof(
  { weight: 3, arbitrary: fc.constant('application/json') },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      ...['application/json; charset=utf-8', 'text/plain', 'multipart/form-data; boundary=x'],
      ...['application/octet-stream', 'APPLICATION/JSON', 'constructor', ''],
    ),
  },
)
const usualHeader = fc.constantFrom(
  ...['Accept: text/event-stream', 'trpc-accept: application/jsonl', 'Accept: */*', 'TE: trailers'],
  ...['Accept-Encoding: gzip', 'Origin: http://127.0.0.1', 'Last-Event-ID: 7', 'X-Text: caf\xe9'],
  ...['Connection: x-user-id, x-text', 'X-Forwarded-For: 6.6.6.6', 'Traceparent: 00-0-0-00'],
  ...['Range: bytes=0-1', 'If-None-Match: "x"', 'Sec-Fetch-Site: same-origin'],
  ...['x-portcullis-context', 'X_Portcullis_Context', 'x-user-id'].map(
    (name) => `${name}: ${FORGED}`,
  ),
  ...['X_USER_ROLES', 'x-org-id', 'x-portcullis-assertion'].map((name) => `${name}: ${FORGED}`),
)
const oddHeader = fc.oneof(
  fc.constantFrom(
    ...['Origin: https://evil.example.com', 'Sec-Fetch-Site: cross-site', 'Expect: 100-continue'],
    ...['Expect: x', 'Upgrade: websocket', 'Connection: Upgrade', 'Connection: content-length'],
    ...[
      'Host: other',
      'Transfer-Encoding: chunked',
      'Content-Length: 3',
      'Content-Type: text/plain',
    ],
  ),
  fc
    .tuple(
      fc.constantFrom('x-text', 'cookie', 'user-agent', 'x-\u00e9', 'a b', ''),
      fc.string({ unit: 'binary', maxLength: 30 }),
    )
    .map(([name, value]) => `${name}: ${value}`),
)
const headers = fc.oneof(
  { weight: 5, arbitrary: fc.array(usualHeader, { maxLength: 4 }) },
  {
    weight: 1,
    arbitrary: fc.array(fc.oneof(usualHeader, oddHeader), { minLength: 1, maxLength: 4 }),
  },
)
const cookie = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom('none', 'good', 'bad') },
  { weight: 1, arbitrary: fc.constant('twice') },
)

/** Requests made of parts, most of which make sense. @param token Of a session that is there. */
export function builtRequests(token: string): fc.Arbitrary<FuzzRequest> {
  return fc
    .record({
      method,
      target,
      contentType,
      headers,
      body: input,
      cookie,
    })
    .map((parts) => {
      const lines = [`${parts.method} ${parts.target} HTTP/1.1`, 'Host: here', ...parts.headers]
      lines.push(...cookieLines(parts.cookie, token))
      if (parts.method === 'POST') {
        const length = Buffer.byteLength(parts.body, 'latin1')
        lines.push(`Content-Type: ${parts.contentType}`, `Content-Length: ${length}`)
      }
      const text = `${lines.join('\r\n')}\r\nConnection: close\r\n\r\n`
      const body = parts.method === 'POST' ? parts.body : ''
      return {
        kind: 'built',
        bytes: Buffer.from(text + body, 'latin1'),
        target: parts.target,
        isSignedIn: parts.cookie === 'good',
      }
    })
}

function cookieLines(kind: string, token: string): string[] {
  if (kind === 'good') return [`Cookie: a=1; sid=${token}`]
  if (kind === 'twice') return [`Cookie: sid=${token}; sid=x`]
  return kind === 'bad' ? [`Cookie: sid=${token.slice(1)}x`] : []
}

/** Bytes: of requests with some changed, cut off or doubled, and of nothing at all. */
export function bytesRequests(): fc.Arbitrary<FuzzRequest> {
  const change = fc.record({
    at: fc.nat(),
    byte: fc.nat(255),
    kind: fc.constantFrom('set', 'insert', 'cut'),
  })
  const changed = fc
    .tuple(builtRequests('x'.repeat(47)), fc.array(change, { minLength: 1, maxLength: 6 }))
    .map(([request, changes]) => changes.reduce(applyChange, request.bytes))
  const doubled = fc.tuple(changed, changed).map((pair) => Buffer.concat(pair))
  const noise = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes))
  return fc
    .oneof(
      { weight: 6, arbitrary: changed },
      { weight: 2, arbitrary: doubled },
      { weight: 2, arbitrary: noise },
    )
    .map((bytes) => ({ kind: 'bytes', bytes, target: '', isSignedIn: false }))
}

interface Change {
  readonly at: number
  readonly byte: number
  readonly kind: string
}

function applyChange(bytes: Buffer, { at, byte, kind }: Change): Buffer {
  const place = bytes.length === 0 ? 0 : at % bytes.length
  if (kind === 'cut') return bytes.subarray(0, place)
  const rest = bytes.subarray(kind === 'set' ? place + 1 : place)
  return Buffer.concat([bytes.subarray(0, place), Buffer.of(byte), rest])
}
