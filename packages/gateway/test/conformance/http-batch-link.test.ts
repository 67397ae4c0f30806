import { conformance, scenario } from './conformance.ts'
import { becomesTrue, callUntyped, codeOfOutcome, isoOrDate } from './helpers.ts'
import { outcomeOf, outcomesOf } from './observations.ts'

conformance('httpBatchLink', [
  scenario(
    'queries of both parts, in order',
    ({ batch }) =>
      Promise.all([
        batch.alpha.echo.query(1),
        batch.beta.echo.query(2),
        batch.alpha.hello.query(),
        batch.beta.echo.query({ deep: [3, { x: null }] }),
      ]),
    [{ input: 1 }, { input: 2 }, 'hello', { input: { deep: [3, { x: null }] } }],
  ),
  scenario(
    'queries of one part',
    ({ batch }) => Promise.all([batch.alpha.echo.query(1), batch.alpha.echo.query(2)]),
    [{ input: 1 }, { input: 2 }],
  ),
  scenario('a single query', ({ batch }) => batch.beta.hello.query(), 'hello'),
  scenario(
    'the same call twice',
    ({ batch }) =>
      Promise.all([batch.alpha.echo.query(1), batch.beta.hello.query(), batch.alpha.echo.query(1)]),
    [{ input: 1 }, 'hello', { input: 1 }],
  ),
  scenario(
    'inputs given and left out',
    ({ batch }) =>
      Promise.all([
        batch.alpha.optional.query(),
        batch.beta.optional.query('b'),
        batch.beta.optional.query(),
        batch.alpha.optional.query('a'),
      ]),
    ['without', 'with b', 'without', 'with a'],
  ),
  scenario(
    'no input at all',
    ({ batch }) => Promise.all([batch.alpha.hello.query(), batch.beta.hello.query()]),
    ['hello', 'hello'],
  ),
  scenario(
    'answers of nothing and of null',
    ({ batch }) =>
      Promise.all([
        batch.alpha.nothing.query(),
        batch.beta.nil.query(),
        batch.beta.nothing.query(),
      ]),
    ['(undefined)', null, '(undefined)'],
  ),
  scenario(
    'dates in answers and inputs',
    async ({ batch }) => {
      const [{ at }, next] = await Promise.all([
        batch.alpha.date.query(),
        batch.beta.addDay.query({ from: new Date(0) }),
      ])
      return { at, next }
    },
    (transformer: string) => {
      const date = isoOrDate('1970-01-02T00:00:00.000Z')(transformer)
      return { at: date, next: date }
    },
  ),
  scenario(
    'mutations of both parts',
    ({ batch }) =>
      Promise.all([
        batch.alpha.add.mutate({ a: 1, b: 2 }),
        batch.beta.touch.mutate(),
        batch.beta.add.mutate({ a: 3, b: 4 }),
      ]),
    [{ sum: 3 }, 'touched', { sum: 7 }],
  ),
  scenario(
    'queries and mutations of one tick',
    ({ batch }) =>
      Promise.all([
        batch.alpha.hello.query(),
        batch.beta.touch.mutate(),
        batch.beta.hello.query(),
        batch.alpha.touch.mutate(),
      ]),
    ['hello', 'touched', 'hello', 'touched'],
  ),
  scenario(
    'some that fail',
    ({ batch }) =>
      outcomesOf(
        batch.alpha.hello.query(),
        batch.beta.fail.query('FORBIDDEN'),
        batch.alpha.fail.query('CONFLICT'),
        batch.beta.crash.query(),
        batch.alpha.strict.query({ name: '', age: 1 }),
      ),
    [
      { value: 'hello' },
      { error: { code: 'FORBIDDEN', shape: { data: { path: 'beta.fail' } } } },
      { error: { code: 'CONFLICT', shape: { data: { path: 'alpha.fail' } } } },
      { error: { code: 'INTERNAL_SERVER_ERROR' } },
      { error: { code: 'BAD_REQUEST' } },
    ],
  ),
  scenario(
    'all that fail',
    ({ batch }) =>
      outcomesOf(batch.alpha.fail.query('CONFLICT'), batch.beta.fail.query('CONFLICT')),
    [{ error: { code: 'CONFLICT' } }, { error: { code: 'CONFLICT' } }],
  ),
  scenario(
    'a procedure that is not there, among others',
    ({ batch }) =>
      outcomesOf(batch.alpha.hello.query(), callUntyped(batch, 'beta.missing', 'query')),
    [{ value: 'hello' }, { error: { code: 'NOT_FOUND' } }],
  ),
  scenario(
    'a mutation among queries, by the wrong method',
    ({ batch }) =>
      outcomesOf(batch.alpha.hello.query(), callUntyped(batch, 'alpha.touch', 'query')).then(
        (outcomes) => outcomes.map(codeOfOutcome),
      ),
    ['BAD_REQUEST', 'BAD_REQUEST'],
  ),
  scenario(
    'a mutation whose query is asked for alone',
    ({ batch }) => outcomeOf(callUntyped(batch, 'beta.touch', 'query')),
    { error: { code: 'METHOD_NOT_SUPPORTED' } },
  ),
  scenario(
    'slow ones beside quick ones',
    ({ batch }) =>
      Promise.all([
        batch.alpha.slow.query(60),
        batch.beta.slow.query(0),
        batch.beta.slow.query(30),
      ]),
    [60, 0, 30],
  ),
  scenario(
    'large answers',
    async ({ batch }) => {
      const answers = await Promise.all([
        batch.alpha.flood.query(300_000),
        batch.beta.flood.query(500_000),
      ])
      return answers.map(({ length }) => length)
    },
    [300_000, 500_000],
  ),
  scenario(
    'as many calls as are allowed',
    ({ batch }) =>
      Promise.all(
        Array.from({ length: 10 }, (_, i) =>
          (i % 2 ? batch.beta : batch.alpha).optional.query(`${i}`),
        ),
      ),
    Array.from({ length: 10 }, (_, i) => `with ${i}`),
  ),
  scenario(
    'more calls than are allowed',
    ({ batch }) =>
      outcomesOf(
        ...Array.from({ length: 11 }, (_, i) => (i % 2 ? batch.beta : batch.alpha).hello.query()),
      ).then((outcomes) => outcomes.map(codeOfOutcome)),
    Array(11).fill('BAD_REQUEST'),
  ),
  scenario(
    'maxItems of the client',
    (world) => {
      const client = world.client(world.httpBatchLink({ maxItems: 3 }))
      return Promise.all(
        Array.from({ length: 25 }, (_, i) => (i % 2 ? client.beta : client.alpha).echo.query(i)),
      )
    },
    Array.from({ length: 25 }, (_, i) => ({ input: i })),
  ),
  scenario(
    'maxURLLength of the client',
    (world) => {
      const client = world.client(world.httpBatchLink({ maxURLLength: 400 }))
      return Promise.all(
        Array.from({ length: 8 }, (_, i) =>
          (i % 2 ? client.beta : client.alpha).optional.query('x'.repeat(50) + i),
        ),
      )
    },
    Array.from({ length: 8 }, (_, i) => `with ${'x'.repeat(50)}${i}`),
  ),
  scenario(
    'a context that is refused',
    (world) => {
      const client = world.client(world.httpBatchLink({ headers: { 'x-refuse': '1' } }))
      return outcomesOf(client.alpha.hello.query(), client.beta.hello.query())
    },
    [
      { error: { code: 'FORBIDDEN', shape: { data: { path: 'alpha.hello' } } } },
      { error: { code: 'FORBIDDEN', shape: { data: { path: 'beta.hello' } } } },
    ],
  ),
  scenario(
    'headers of a client, at each part',
    (world) => {
      const client = world.client(world.httpBatchLink({ headers: { authorization: 'Bearer abc' } }))
      return Promise.all([
        client.alpha.header.query('authorization'),
        client.beta.header.query('authorization'),
      ])
    },
    ['Bearer abc', 'Bearer abc'],
  ),
  scenario(
    'a body over the limit',
    ({ batch }) =>
      outcomesOf(
        batch.alpha.append.mutate('y'.repeat(200_000)),
        batch.beta.append.mutate('y'),
      ).then((outcomes) => outcomes.map(codeOfOutcome)),
    ['PAYLOAD_TOO_LARGE', 'PAYLOAD_TOO_LARGE'],
  ),
  scenario(
    'an error that only JavaScript can name',
    ({ batch }) => outcomesOf(batch.beta.crash.query(), batch.alpha.crash.query()),
    [{ error: { message: 'unforeseen' } }, { error: { message: 'unforeseen' } }],
  ),
  scenario(
    'a call that is too long alone',
    (world) => {
      const client = world.client(world.httpBatchLink({ maxURLLength: 100 }))
      return outcomeOf(client.alpha.echo.query('x'.repeat(200)))
    },
    { error: { message: 'Input is too big for a single dispatch' } },
  ),
  scenario(
    'one call of a batch that is given up: the others go on',
    ({ batch }) => {
      const leaving = new AbortController()
      const outcomes = outcomesOf(
        batch.alpha.slow.query(50, { signal: leaving.signal }),
        batch.beta.slow.query(60),
      )
      leaving.abort()
      return outcomes.then(([, other]) => other)
    },
    { value: 60 },
  ),
  scenario(
    'a batch that is given up as a whole reaches each service',
    async ({ batch, single }) => {
      const leaving = new AbortController()
      const { signal } = leaving
      const outcomes = outcomesOf(
        batch.alpha.hang.query('batch', { signal }),
        batch.beta.hang.query('batch', { signal }),
      )
      setTimeout(() => leaving.abort(), 100)
      await outcomes
      return [
        await becomesTrue(() => single.alpha.wasAborted.query('batch')),
        await becomesTrue(() => single.beta.wasAborted.query('batch')),
      ]
    },
    [true, true],
  ),
])
