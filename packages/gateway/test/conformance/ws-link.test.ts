import { conformance, scenario } from './conformance.ts'
import { becomesTrue, callUntyped, codeOfOutcome, isoOrDate } from './helpers.ts'
import { outcomeOf, outcomesOf } from './observations.ts'
import { follow } from './subscribing.ts'

conformance('wsLink', [
  scenario('a query', ({ socket }) => socket.alpha.hello.query(), 'hello'),
  scenario(
    'queries and mutations of both parts, over one socket',
    ({ socket }) =>
      Promise.all([
        socket.alpha.echo.query({ a: 'é' }),
        socket.beta.echo.query(2),
        socket.alpha.add.mutate({ a: 1, b: 2 }),
        socket.beta.touch.mutate(),
        socket.alpha.optional.query(),
      ]),
    [{ input: { a: 'é' } }, { input: 2 }, { sum: 3 }, 'touched', 'without'],
  ),
  scenario(
    'answers of nothing and of null',
    ({ socket }) => Promise.all([socket.alpha.nothing.query(), socket.beta.nil.query()]),
    ['(undefined)', null],
  ),
  scenario(
    'dates',
    ({ socket }) => socket.alpha.addDay.query({ from: new Date(0) }),
    isoOrDate('1970-01-02T00:00:00.000Z'),
  ),
  scenario(
    'errors',
    ({ socket }) =>
      outcomesOf(
        socket.alpha.fail.query('CONFLICT'),
        socket.beta.crash.query(),
        callUntyped(socket, 'alpha.missing', 'query'),
        callUntyped(socket, 'beta.touch', 'query'),
        socket.beta.strict.query({ name: '', age: 0 }),
      ),
    [
      { error: { code: 'CONFLICT', shape: { data: { path: 'alpha.fail' } } } },
      { error: { code: 'INTERNAL_SERVER_ERROR' } },
      { error: { code: 'NOT_FOUND' } },
      { error: { code: 'NOT_FOUND' } },
      { error: { code: 'BAD_REQUEST' } },
    ],
  ),
  scenario(
    'a query that streams, which sockets do not do',
    ({ socket }) => outcomeOf(callUntyped(socket, 'alpha.dates', 'query')),
    { error: { code: 'UNSUPPORTED_MEDIA_TYPE' } },
  ),
  scenario(
    'quick ones do not wait for slow ones',
    async ({ socket }) => {
      const slow = socket.alpha.waitFor.query('ws')
      const quick = [await socket.beta.hello.query(), await socket.alpha.hello.query()]
      await socket.alpha.letGo.mutate('ws')
      return [...quick, await slow]
    },
    ['hello', 'hello', 'let go'],
  ),
  scenario(
    'large answers and inputs',
    async ({ socket }) => {
      const [answer, echoed] = await Promise.all([
        socket.alpha.flood.query(600_000),
        socket.beta.echo.query('x'.repeat(90_000)),
      ])
      return [answer.length, (echoed as { input: string }).input.length]
    },
    [600_000, 90_000],
  ),
  scenario(
    'more calls in a tick than are allowed',
    ({ socket }) =>
      outcomesOf(
        ...Array.from({ length: 11 }, (_, i) => (i % 2 ? socket.beta : socket.alpha).hello.query()),
      ).then((outcomes) => outcomes.map(codeOfOutcome)),
    Array(11).fill('BAD_REQUEST'),
  ),
  scenario(
    'a subscription until the service has no more',
    ({ socket }) => follow((callbacks) => socket.alpha.ticks.subscribe(3, callbacks)),
    { data: [1, 2, 3], states: ['started', 'completed'] },
  ),
  scenario(
    'subscriptions of both parts at once',
    ({ socket }) =>
      Promise.all([
        follow((callbacks) => socket.alpha.ticks.subscribe(200, callbacks)),
        follow((callbacks) => socket.beta.ticks.subscribe(100, callbacks)),
      ]).then((followed) => followed.map(({ data }) => data.length)),
    [200, 100],
  ),
  scenario(
    'tracked events',
    ({ socket }) => follow((callbacks) => socket.beta.tracked.subscribe({ to: 2 }, callbacks)),
    {
      data: [
        { id: '1', data: { value: 1 } },
        { id: '2', data: { value: 2 } },
      ],
    },
  ),
  scenario(
    'dates in a subscription',
    ({ socket }) => follow((callbacks) => socket.alpha.moments.subscribe(undefined, callbacks)),
    (transformer: string) => ({
      data: [{ at: isoOrDate('1970-01-01T00:00:00.000Z')(transformer) }],
    }),
  ),
  scenario(
    'a subscription that breaks',
    ({ socket }) => follow((callbacks) => socket.alpha.breaks.subscribe(undefined, callbacks)),
    { data: [1], states: ['started', 'error'], error: { code: 'CONFLICT' } },
  ),
  scenario(
    'a subscription that is refused',
    ({ socket }) => follow((callbacks) => socket.beta.refused.subscribe(undefined, callbacks)),
    { data: [], states: ['error'], error: { code: 'CONFLICT' } },
  ),
  scenario(
    'leaving ends it at the service',
    async ({ socket }) => {
      await follow((callbacks) => socket.beta.open.subscribe('ws', callbacks), 1)
      return becomesTrue(() => socket.beta.wasAborted.query('ws'))
    },
    true,
  ),
  scenario(
    'closing the socket ends all at the services',
    async (world) => {
      const { single } = world
      {
        await using visit = world.visit()
        const { socket } = visit
        const never = () => {}
        const first = (part: 'alpha' | 'beta') =>
          new Promise((resolve) =>
            socket[part].open.subscribe('closed', { onData: resolve, onError: never }),
          )
        await Promise.all([first('alpha'), first('beta')])
      }
      return [
        await becomesTrue(() => single.alpha.wasAborted.query('closed')),
        await becomesTrue(() => single.beta.wasAborted.query('closed')),
      ]
    },
    [true, true],
  ),
  scenario(
    'connection parameters, at each part',
    (world) => {
      const client = world.client(world.wsLink({ connectionParams: { token: 'abc' } }))
      return Promise.all([
        client.alpha.params.query(),
        client.beta.params.query(),
        follow((callbacks) => client.beta.paramsOf.subscribe(undefined, callbacks)),
      ])
    },
    [{ token: 'abc' }, { token: 'abc' }, { data: [{ token: 'abc' }] }],
  ),
  scenario('no connection parameters', ({ socket }) => socket.alpha.params.query(), null),
  scenario(
    'lazily',
    async (world) => {
      const client = world.client(world.wsLink({ lazy: { enabled: true, closeMs: 50 } }))
      return [await client.alpha.hello.query(), await client.beta.hello.query()]
    },
    ['hello', 'hello'],
  ),
  scenario(
    'kept alive by pings',
    async (world) => {
      const keepAlive = { enabled: true, intervalMs: 20, pongTimeoutMs: 2_000 }
      const client = world.client(world.wsLink({ keepAlive }))
      return [await client.alpha.slow.query(150), await client.beta.hello.query()]
    },
    [150, 'hello'],
  ),
])
