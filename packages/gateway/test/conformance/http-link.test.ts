import { conformance, scenario } from './conformance.ts'
import { becomesTrue, callUntyped, codeOfOutcome, isoOrDate } from './helpers.ts'
import { outcomeOf, outcomesOf } from './observations.ts'

conformance('httpLink', [
  scenario('a query', ({ single }) => single.alpha.hello.query(), 'hello'),
  scenario('a query of the other part', ({ single }) => single.beta.hello.query(), 'hello'),
  scenario(
    'a query with an input',
    ({ single }) => single.alpha.echo.query({ a: [1, 'é', null] }),
    {
      input: { a: [1, 'é', null] },
    },
  ),
  scenario(
    'inputs with every kind of character',
    ({ single }) => single.alpha.echo.query('a&b=c d+e%20f/?#,;:@"\\\u0000\u2028😀'),
    { input: 'a&b=c d+e%20f/?#,;:@"\\\u0000\u2028😀' },
  ),
  scenario('an optional input left out', ({ single }) => single.alpha.optional.query(), 'without'),
  scenario('an optional input given', ({ single }) => single.alpha.optional.query('it'), 'with it'),
  scenario('an answer of nothing', ({ single }) => single.alpha.nothing.query(), '(undefined)'),
  scenario('an answer of null', ({ single }) => single.alpha.nil.query(), null),
  scenario(
    'dates in an answer',
    async ({ single }) => (await single.beta.date.query()).at,
    isoOrDate('1970-01-02T00:00:00.000Z'),
  ),
  scenario(
    'a date in an input',
    ({ single }) => single.alpha.addDay.query({ from: new Date(0) }),
    isoOrDate('1970-01-02T00:00:00.000Z'),
  ),
  scenario(
    'a large answer',
    async ({ single }) => (await single.alpha.flood.query(1_000_000)).length,
    1_000_000,
  ),
  scenario('a long input in a URL', ({ single }) => single.alpha.echo.query('x'.repeat(8_000)), {
    input: 'x'.repeat(8_000),
  }),
  scenario(
    'a nested path',
    ({ single }) => single.alpha.nested.deeper.hello.query(),
    'alpha.nested.deeper.hello',
  ),
  scenario('a name with a dash', ({ single }) => single.alpha['with-dash'].query(), 'dashed'),
  scenario(
    'path and type as a procedure sees them',
    ({ single }) => single.beta.path.query(),
    'beta.path',
  ),
  scenario('a mutation', ({ single }) => single.alpha.add.mutate({ a: 1, b: 2 }), { sum: 3 }),
  scenario('a mutation without an input', ({ single }) => single.alpha.touch.mutate(), 'touched'),
  scenario(
    'a mutation with a large input',
    ({ single }) => outcomeOf(single.alpha.reject.mutate('y'.repeat(50_000))),
    {
      error: { message: 'unforeseen', code: 'INTERNAL_SERVER_ERROR' },
    },
  ),
  scenario(
    'a mutation over the body limit',
    ({ single }) => outcomeOf(single.alpha.append.mutate('y'.repeat(200_000))).then(codeOfOutcome),
    'PAYLOAD_TOO_LARGE',
  ),
  scenario('a typed error', ({ single }) => outcomeOf(single.alpha.fail.query('CONFLICT')), {
    error: {
      message: 'as asked',
      code: 'CONFLICT',
      shape: { data: { httpStatus: 409, path: 'alpha.fail', stack: '(stack)' } },
    },
  }),
  ...(
    [
      'UNAUTHORIZED',
      'FORBIDDEN',
      'NOT_FOUND',
      'TOO_MANY_REQUESTS',
      'SERVICE_UNAVAILABLE',
      'TIMEOUT',
    ] as const
  ).map((code) =>
    scenario(`a service's own ${code}`, ({ single }) => outcomeOf(single.beta.fail.query(code)), {
      error: { code },
    }),
  ),
  scenario('an error that nobody meant', ({ single }) => outcomeOf(single.alpha.crash.query()), {
    error: { message: 'unforeseen', code: 'INTERNAL_SERVER_ERROR' },
  }),
  scenario(
    'an input that is refused',
    ({ single }) => outcomeOf(single.alpha.strict.query({ name: 'x', age: 0.5 })),
    {
      error: { code: 'BAD_REQUEST', shape: { data: { path: 'alpha.strict' } } },
    },
  ),
  scenario(
    'a procedure that is not there',
    ({ single }) => outcomeOf(callUntyped(single, 'alpha.missing', 'query')),
    { error: { code: 'NOT_FOUND' } },
  ),
  scenario(
    'a query of what is a mutation',
    ({ single }) => outcomeOf(callUntyped(single, 'alpha.touch', 'query')),
    { error: { code: 'METHOD_NOT_SUPPORTED' } },
  ),
  scenario(
    'a context that is refused',
    (world) => {
      const client = world.client(world.httpLink({ headers: { 'x-refuse': '1' } }))
      return outcomesOf(client.alpha.hello.query(), client.beta.touch.mutate())
    },
    [{ error: { code: 'FORBIDDEN', message: 'no context' } }, { error: { code: 'FORBIDDEN' } }],
  ),
  scenario(
    'headers of a client',
    (world) => {
      const headers = { 'x-trpc-source': 'web', authorization: 'Bearer abc' }
      const client = world.client(world.httpLink({ headers }))
      return outcomesOf(
        client.alpha.header.query('x-trpc-source'),
        client.beta.header.query('authorization'),
      )
    },
    [{ value: 'web' }, { value: 'Bearer abc' }],
  ),
  scenario(
    'cookies of a client, all of them',
    (world) => {
      const client = world.client(world.httpLink({ headers: { cookie: 'sid=1; theme=dark' } }))
      return client.alpha.header.query('cookie')
    },
    'sid=1; theme=dark',
  ),
  scenario(
    'a query string of the base URL',
    (world) => world.client(world.httpLink({ query: '?tenant=7' })).alpha.optional.query('it'),
    'with it',
  ),
  scenario(
    'a call that is aborted reaches the procedure',
    async ({ single }) => {
      const controller = new AbortController()
      const hanging = single.alpha.hang
        .query('single', { signal: controller.signal })
        .catch((error) => error.name)
      setTimeout(() => controller.abort(), 50)
      return [await hanging, await becomesTrue(() => single.alpha.wasAborted.query('single'))]
    },
    ['TRPCClientError', true],
  ),
])
