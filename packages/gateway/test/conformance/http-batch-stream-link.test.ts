import { conformance, scenario } from './conformance.ts'
import { becomesTrue, callUntyped, codeOfOutcome, isoOrDate } from './helpers.ts'
import { drain, outcomeOf, outcomesOf } from './observations.ts'

conformance('httpBatchStreamLink', [
  scenario(
    'queries of both parts',
    ({ stream }) =>
      Promise.all([
        stream.alpha.echo.query(1),
        stream.beta.echo.query('b'),
        stream.alpha.hello.query(),
        stream.beta.optional.query(),
      ]),
    [{ input: 1 }, { input: 'b' }, 'hello', 'without'],
  ),
  scenario('a single query', ({ stream }) => stream.beta.hello.query(), 'hello'),
  scenario(
    'mutations of both parts',
    ({ stream }) =>
      Promise.all([
        stream.alpha.add.mutate({ a: 1, b: 1 }),
        stream.beta.add.mutate({ a: 2, b: 2 }),
      ]),
    [{ sum: 2 }, { sum: 4 }],
  ),
  scenario(
    'answers of nothing and of null',
    ({ stream }) => Promise.all([stream.alpha.nothing.query(), stream.beta.nil.query()]),
    ['(undefined)', null],
  ),
  scenario(
    'dates',
    async ({ stream }) => {
      const [{ at }, next] = await Promise.all([
        stream.alpha.date.query(),
        stream.beta.addDay.query({ from: new Date(0) }),
      ])
      return [at, next]
    },
    (transformer: string) => Array(2).fill(isoOrDate('1970-01-02T00:00:00.000Z')(transformer)),
  ),
  scenario(
    'a quick answer does not wait for a slow one',
    async ({ stream, single }) => {
      const slow = stream.alpha.waitFor.query('stream')
      const quick = await stream.beta.hello.query()
      await single.alpha.letGo.mutate('stream')
      return [quick, await slow]
    },
    ['hello', 'let go'],
  ),
  scenario(
    'generators of both parts',
    async ({ stream }) =>
      Promise.all([drain(stream.alpha.count.query(3)), drain(stream.beta.count.query(2))]),
    [{ values: [1, 2, 3] }, { values: [1, 2] }],
  ),
  scenario('an empty generator', ({ stream }) => drain(stream.alpha.count.query(0)), {
    values: [],
  }),
  scenario('what a generator returns', ({ stream }) => drain(stream.beta.countToReturn.query(2)), {
    values: [1, 2],
    returned: 'done',
  }),
  scenario(
    'a generator that takes its time, past pings',
    ({ stream }) =>
      Promise.all([drain(stream.alpha.countSlowly.query(6)), stream.beta.hello.query()]),
    [{ values: [1, 2, 3, 4, 5, 6] }, 'hello'],
  ),
  scenario(
    'a long generator beside another',
    async ({ stream }) => {
      const drained = await Promise.all([
        drain(stream.alpha.count.query(300)),
        drain(stream.beta.count.query(200)),
      ])
      return drained.map((result) => (result as { values: unknown[] }).values.length)
    },
    [300, 200],
  ),
  scenario(
    'a generator that fails in the middle, beside one that does not',
    ({ stream }) =>
      Promise.all([drain(stream.alpha.countToError.query(2)), drain(stream.beta.count.query(3))]),
    [{ values: [1, 2], error: { code: 'CONFLICT', message: 'as asked' } }, { values: [1, 2, 3] }],
  ),
  scenario(
    'dates in a generator',
    ({ stream }) => drain(stream.beta.dates.query()),
    (transformer: string) => ({
      values: [
        isoOrDate('1970-01-01T00:00:00.000Z')(transformer),
        { at: isoOrDate('1970-01-01T00:00:01.000Z')(transformer) },
      ],
    }),
  ),
  scenario(
    'promises within an answer, and within those',
    async ({ stream }) => {
      const [alpha, beta] = await Promise.all([
        stream.alpha.later.query(),
        stream.beta.later.query(),
      ])
      const deep = await alpha.deep
      return [alpha.now, await alpha.soon, await deep.deeper, await beta.soon]
    },
    (transformer: string) => [1, 2, isoOrDate('1970-01-01T00:00:00.000Z')(transformer), 2],
  ),
  scenario(
    'a promise within an answer that fails',
    async ({ stream }) => {
      const [{ now, never }, hello] = await Promise.all([
        stream.alpha.laterFails.query(),
        stream.beta.hello.query(),
      ])
      return [now, await outcomeOf(never), hello]
    },
    [1, { error: { code: 'CONFLICT' } }, 'hello'],
  ),
  scenario(
    'some that fail',
    ({ stream }) =>
      outcomesOf(
        stream.alpha.hello.query(),
        stream.beta.fail.query('FORBIDDEN'),
        stream.alpha.crash.query(),
        callUntyped(stream, 'beta.missing', 'query'),
        stream.beta.strict.query({ name: '', age: 0 }),
      ),
    [
      { value: 'hello' },
      { error: { code: 'FORBIDDEN', shape: { data: { path: 'beta.fail' } } } },
      { error: { code: 'INTERNAL_SERVER_ERROR' } },
      { error: { code: 'NOT_FOUND' } },
      { error: { code: 'BAD_REQUEST' } },
    ],
  ),
  scenario(
    'all that fail',
    ({ stream }) =>
      outcomesOf(stream.alpha.fail.query('CONFLICT'), stream.beta.fail.query('NOT_FOUND')),
    [{ error: { code: 'CONFLICT' } }, { error: { code: 'NOT_FOUND' } }],
  ),
  scenario(
    'a context that is refused',
    (world) => {
      const client = world.client(world.httpBatchStreamLink({ headers: { 'x-refuse': '1' } }))
      return outcomesOf(client.alpha.hello.query(), client.beta.hello.query())
    },
    [{ error: { code: 'FORBIDDEN' } }, { error: { code: 'FORBIDDEN' } }],
  ),
  scenario(
    'asked for by Accept',
    (world) => {
      const client = world.client(world.httpBatchStreamLink({ streamHeader: 'accept' }))
      return Promise.all([drain(client.alpha.count.query(2)), client.beta.hello.query()])
    },
    [{ values: [1, 2] }, 'hello'],
  ),
  scenario(
    'large values',
    async ({ stream }) => {
      const answers = await Promise.all([
        stream.alpha.flood.query(400_000),
        stream.beta.flood.query(200_000),
      ])
      return answers.map(({ length }) => length)
    },
    [400_000, 200_000],
  ),
  scenario(
    'more calls than are allowed',
    ({ stream }) =>
      outcomesOf(
        ...Array.from({ length: 11 }, (_, i) => (i % 2 ? stream.beta : stream.alpha).hello.query()),
      ).then((outcomes) => outcomes.map(codeOfOutcome)),
    Array(11).fill('BAD_REQUEST'),
  ),
  scenario(
    'leaving a generator ends it at the service, when all of its batch has been left',
    async ({ stream, single }) => {
      const leaving = new AbortController()
      const { signal } = leaving
      const [alpha, beta] = await Promise.all([
        stream.alpha.hangStream.query('left', { signal }),
        stream.beta.hangStream.query('left', { signal }),
      ])
      const firsts = await Promise.all(
        [alpha, beta].map((values) => values[Symbol.asyncIterator]().next()),
      )
      leaving.abort()
      const told = [
        await becomesTrue(() => single.alpha.wasAborted.query('left')),
        await becomesTrue(() => single.beta.wasAborted.query('left')),
      ]
      return { firsts: firsts.map(({ value }) => value), told }
    },
    { firsts: ['first', 'first'], told: [true, true] },
  ),
])
