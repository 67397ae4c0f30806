import { conformance, scenario } from './conformance.ts'
import type { World } from './world.ts'

const JSON_TYPE = { 'content-type': 'application/json' }
const post = (
  world: World,
  target: string,
  body?: unknown,
  headers: Record<string, string> = JSON_TYPE,
) =>
  world.raw(target, {
    method: 'POST',
    headers,
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
const withEnvelope = (value: unknown) => (transformer: string) =>
  transformer === 'none' ? value : { json: value }

/** Section by section what a request may look like, and its answer byte for byte but for what one hop adds. */
conformance('requests as they are', [
  scenario('a query: GET without a body', (world) => world.raw('/alpha.hello'), {
    status: 200,
    headers: { 'content-type': 'application/json', vary: 'trpc-accept, accept' },
    body: { result: {} },
  }),
  scenario(
    'an input in the URL',
    (world) => world.raw(`/beta.echo?input=${world.input({ a: 1 })}`),
    (transformer: string) => ({
      status: 200,
      body: { result: { data: withEnvelope({ input: { a: 1 } })(transformer) } },
    }),
  ),
  scenario('an empty input in the URL', (world) => world.raw('/alpha.optional?input='), {
    status: 200,
  }),
  scenario('an input that is no JSON', (world) => world.raw('/alpha.echo?input=%7B'), {
    status: 400,
    body: { error: {} },
  }),
  scenario(
    'a mutation: POST with a body',
    (world) => post(world, '/alpha.add', world.serialize({ a: 1, b: 2 })),
    {
      status: 200,
      body: { result: {} },
    },
  ),
  scenario('a mutation without a body', (world) => post(world, '/beta.touch'), { status: 200 }),
  scenario('a body that is no JSON', (world) => post(world, '/alpha.add', '{'), { status: 400 }),
  scenario(
    'application/json in capitals, with parameters',
    (world) =>
      post(world, '/beta.touch', undefined, { 'content-type': 'Application/JSON; Charset=UTF-8' }),
    { status: 200 },
  ),
  scenario(
    'a batch by GET',
    async (world) => {
      const input = encodeURIComponent(
        JSON.stringify({ 0: world.serialize(1), 1: world.serialize(2) }),
      )
      return world.raw(`/alpha.echo,beta.echo?batch=1&input=${input}`)
    },
    {
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: [{ result: {} }, { result: {} }],
    },
  ),
  scenario(
    'a batch by GET without an input',
    (world) => world.raw('/alpha.hello,beta.hello?batch=1'),
    { status: 200, body: [{ result: {} }, { result: {} }] },
  ),
  scenario(
    'a batch by GET whose input has holes',
    (world) => {
      const input = encodeURIComponent(JSON.stringify({ 1: world.serialize('b') }))
      return world.raw(`/alpha.optional,beta.optional,alpha.hello?batch=1&input=${input}`)
    },
    { status: 200, body: [{ result: {} }, { result: {} }, { result: {} }] },
  ),
  scenario('a batch of one', (world) => world.raw('/beta.hello?batch=1'), {
    status: 200,
    body: [{ result: {} }],
  }),
  scenario(
    'a batch by POST',
    (world) => post(world, '/alpha.add,beta.touch?batch=1', { 0: world.serialize({ a: 1, b: 1 }) }),
    { status: 200, body: [{ result: {} }, { result: {} }] },
  ),
  scenario(
    'a query string of the base URL, before and after',
    (world) =>
      world.raw(`/alpha.hello,beta.hello?tenant=7&batch=1&input=${encodeURIComponent('{}')}&x=%20`),
    { status: 200 },
  ),
  scenario(
    'a query as POST, which is allowed',
    (world) => post(world, '/alpha.echo', world.serialize(1)),
    {
      status: 200,
    },
  ),
  scenario(
    'a batch of queries as POST',
    (world) => post(world, '/alpha.echo,beta.hello?batch=1', { 0: world.serialize(1) }),
    { status: 200, body: [{ result: {} }, { result: {} }] },
  ),
  scenario(
    'segments of a path by the separator',
    (world) => world.raw('/beta_nested_deeper_hello'),
    {
      status: 200,
    },
  ),
  scenario(
    'segments of a batch by either separator',
    (world) => world.raw('/beta_hello,alpha.hello?batch=1'),
    {
      status: 200,
      body: [{ result: {} }, { result: {} }],
    },
  ),
  scenario(
    'a form',
    (world) => {
      const form = new FormData()
      form.set('title', 'raw')
      return world.raw('/alpha.upload', { method: 'POST', body: form })
    },
    { status: 200 },
  ),
  scenario(
    'bytes',
    (world) =>
      world.raw('/beta.bytes', {
        method: 'POST',
        headers: { 'content-type': 'application/octet-stream' },
        body: new Uint8Array([1, 2, 3]),
      }),
    { status: 200 },
  ),
  scenario(
    'bytes whose length is not announced',
    (world) =>
      world.raw('/alpha.bytes', {
        method: 'POST',
        headers: { 'content-type': 'application/octet-stream' },
        body: new Blob([new Uint8Array(30_000)]).stream(),
        duplex: 'half',
      } as RequestInit),
    { status: 200 },
  ),
  scenario(
    'connection parameters in a URL',
    (world) => world.raw(`/alpha.params?connectionParams=${encodeURIComponent('{"token":"abc"}')}`),
    {
      status: 200,
    },
  ),
  scenario('HEAD', (world) => world.raw('/alpha.hello', { method: 'HEAD' }), {
    status: 204,
    body: '',
  }),
  scenario(
    'HEAD of a batch',
    (world) => world.raw('/alpha.hello,beta.hello?batch=1', { method: 'HEAD' }),
    {
      status: 204,
    },
  ),
  scenario(
    'a URL of 15,000 characters',
    (world) => world.raw(`/alpha.echo?input=${world.input('x'.repeat(15_000))}`),
    {
      status: 200,
    },
  ),
])

conformance('answers as they are', [
  scenario('nothing', (world) => world.raw('/alpha.nothing'), {
    status: 200,
    body: { result: {} },
  }),
  scenario('an error', (world) => world.raw(`/beta.fail?input=${world.input('FORBIDDEN')}`), {
    status: 403,
    headers: { 'content-type': 'application/json' },
    body: { error: {} },
  }),
  scenario(
    'an error, in the transformer’s envelope',
    async (world) => (await world.raw(`/beta.fail?input=${world.input('FORBIDDEN')}`)).body,
    (transformer: string) => {
      const error = {
        message: 'as asked',
        code: -32003,
        data: { code: 'FORBIDDEN', httpStatus: 403, path: 'beta.fail' },
      }
      return { error: withEnvelope(error)(transformer) }
    },
  ),
  ...(
    [
      ['CONFLICT', 409],
      ['TOO_MANY_REQUESTS', 429],
      ['INTERNAL_SERVER_ERROR', 500],
      ['SERVICE_UNAVAILABLE', 503],
    ] as const
  ).map(([code, status]) =>
    scenario(
      `the status of ${code}`,
      (world) => world.raw(`/alpha.fail?input=${world.input(code)}`),
      { status },
    ),
  ),
  scenario(
    'a batch in which all are well: 200',
    (world) => world.raw('/alpha.hello,beta.hello?batch=1'),
    {
      status: 200,
    },
  ),
  scenario(
    'a batch in which one fails: 207',
    (world) => {
      const input = encodeURIComponent(JSON.stringify({ 1: world.serialize('FORBIDDEN') }))
      return world.raw(`/alpha.hello,beta.fail?batch=1&input=${input}`)
    },
    { status: 207, body: [{ result: {} }, { error: {} }] },
  ),
  scenario(
    'a batch in which all fail alike: their status',
    (world) => {
      const one = world.serialize('CONFLICT')
      const input = encodeURIComponent(JSON.stringify({ 0: one, 1: one }))
      return world.raw(`/alpha.fail,beta.fail?batch=1&input=${input}`)
    },
    { status: 409 },
  ),
  scenario(
    'a batch in which all fail, each in its way: 207',
    (world) => {
      const codes = ['CONFLICT', 'FORBIDDEN', 'NOT_FOUND'].map((code) => world.serialize(code))
      const input = encodeURIComponent(JSON.stringify({ ...codes }))
      return world.raw(`/alpha.fail,beta.fail,alpha.fail?batch=1&input=${input}`)
    },
    { status: 207 },
  ),
  scenario(
    'methods that tRPC has no use for, without a content type and with one',
    async (world) => {
      const statuses: number[] = []
      for (const method of ['OPTIONS', 'PUT', 'PATCH', 'DELETE']) {
        for (const headers of [{}, JSON_TYPE, { 'content-type': 'text/html' }]) {
          statuses.push((await world.raw('/alpha.hello', { method, headers })).status)
        }
      }
      return statuses
    },
    [415, 405, 415, 415, 405, 415, 415, 405, 415, 415, 405, 415],
  ),
  scenario('GET of a mutation: 405 and allow', (world) => world.raw('/alpha.touch'), {
    status: 405,
    headers: { allow: 'POST' },
  }),
  scenario('a procedure that is not there: 404', (world) => world.raw('/beta.missing'), {
    status: 404,
  }),
  scenario(
    'a context that is refused',
    (world) => world.raw('/alpha.hello', { headers: { 'x-refuse': '1' } }),
    {
      status: 403,
    },
  ),
  scenario(
    'a context that is refused, for a batch',
    (world) => world.raw('/alpha.hello,beta.hello?batch=1', { headers: { 'x-refuse': '1' } }),
    { status: 403, body: [{ error: {} }, { error: {} }] },
  ),
  scenario(
    'a cookie of a service',
    (world) => world.raw(`/alpha.cookie?input=${world.input('a')}`),
    { headers: { 'set-cookie': ['a=1; Path=/'] } },
  ),
  scenario(
    'cookies of both services',
    (world) => {
      const input = encodeURIComponent(
        JSON.stringify({ 0: world.serialize('a'), 1: world.serialize('b') }),
      )
      return world.raw(`/alpha.cookie,beta.cookie?batch=1&input=${input}`)
    },
    { headers: { 'set-cookie': ['a=1; Path=/', 'b=1; Path=/'] } },
  ),
  scenario('an answer that may be cached', (world) => world.raw('/beta.cached'), {
    headers: { 'cache-control': 'public, max-age=60' },
  }),
  scenario(
    'a batch that may be cached, all of it',
    (world) => world.raw('/alpha.cached,beta.cached?batch=1'),
    { headers: { 'cache-control': 'public, max-age=60' } },
  ),
  scenario(
    'a header of responseMeta',
    (world) => world.raw(`/alpha.tinted?input=${world.input('x')}`),
    { headers: { 'x-tint': 'of 1' } },
  ),
  scenario(
    'mixed procedure types of one service, a failure as a whole',
    (world) => world.raw('/alpha.hello,alpha.touch?batch=1'),
    { status: 400, headers: { 'content-type': 'text/plain;charset=UTF-8' }, body: { error: {} } },
  ),
  scenario(
    'text/plain, which is not read',
    async (world) =>
      (await post(world, '/alpha.add', '{}', { 'content-type': 'text/plain' })).status,
    415,
  ),
  scenario(
    'a form of a page, urlencoded, which is not read',
    async (world) =>
      (
        await post(world, '/alpha.touch', 'a=1', {
          'content-type': 'application/x-www-form-urlencoded',
        })
      ).status,
    415,
  ),
  scenario(
    'a POST without a content type',
    async (world) => (await world.raw('/alpha.touch', { method: 'POST' })).status,
    415,
  ),
  scenario(
    'a body over the limit',
    async (world) =>
      (await post(world, '/alpha.append', world.serialize('y'.repeat(200_000)))).status,
    413,
  ),
  scenario(
    'a batch over the limit, one object',
    async (world) => {
      const { status, body } = await world.raw(
        `/${Array(11).fill('alpha.hello').join(',')}?batch=1`,
      )
      return { status, isArray: Array.isArray(body) }
    },
    { status: 400 },
  ),
])
