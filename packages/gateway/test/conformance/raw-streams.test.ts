import { conformance, scenario } from './conformance.ts'
import { linesOf } from './raw.ts'
import type { World } from './world.ts'

const JSONL = { 'trpc-accept': 'application/jsonl' }

async function lines(world: World, target: string, headers: Record<string, string> = JSONL) {
  const { status, headers: received, body } = await world.raw(target, { headers })
  return {
    status,
    type: received['content-type'],
    lines: linesOf(body, world.transformer !== 'none'),
  }
}

const inputs = (world: World, ...values: unknown[]) =>
  encodeURIComponent(JSON.stringify({ ...values.map((value) => world.serialize(value)) }))

conformance('streamed batches as they are', [
  scenario('the lines of a query', (world) => lines(world, '/alpha.hello?batch=1'), {
    status: 200,
    type: 'application/json',
  }),
  scenario(
    'four lines: the head, the result, its data, the value',
    async (world) => (await lines(world, '/beta.hello?batch=1')).lines.length,
    4,
  ),
  scenario(
    'two services in one stream',
    (world) => lines(world, '/alpha.hello,beta.hello?batch=1'),
    {
      status: 200,
      type: 'application/json',
    },
  ),
  scenario(
    'a failed call beside one that is well: 200',
    (world) =>
      lines(world, `/alpha.hello,beta.fail?batch=1&input=${inputs(world, null, 'CONFLICT')}`),
    { status: 200 },
  ),
  scenario('nothing at all', (world) => lines(world, '/alpha.nothing,beta.nothing?batch=1'), {
    status: 200,
  }),
  scenario(
    'generators',
    (world) => lines(world, `/alpha.count,beta.countToReturn?batch=1&input=${inputs(world, 2, 1)}`),
    { status: 200 },
  ),
  scenario(
    'a generator that fails',
    (world) => lines(world, `/alpha.countToError,beta.hello?batch=1&input=${inputs(world, 1)}`),
    { status: 200 },
  ),
  scenario(
    'promises within answers',
    (world) => lines(world, '/beta.later,alpha.laterFails?batch=1'),
    {
      status: 200,
    },
  ),
  scenario(
    'dates, described by the transformer',
    (world) => lines(world, '/alpha.dates,beta.date?batch=1'),
    {
      status: 200,
    },
  ),
  scenario(
    'asked for among others by Accept',
    (world) => lines(world, '/beta.hello?batch=1', { accept: 'text/html, application/jsonl' }),
    { status: 200 },
  ),
  scenario(
    'asked for by Accept, and something else by trpc-accept',
    (world) =>
      world.raw('/alpha.hello,beta.hello?batch=1', {
        headers: { accept: 'application/jsonl', 'trpc-accept': 'application/json' },
      }),
    { status: 200, body: [{ result: {} }, { result: {} }] },
  ),
  scenario(
    'asked for without a batch: 400',
    async (world) => (await world.raw('/alpha.hello', { headers: JSONL })).status,
    400,
  ),
  scenario(
    'a context that is refused',
    (world) => lines(world, '/alpha.hello,beta.hello?batch=1', { ...JSONL, 'x-refuse': '1' }),
    { status: 200 },
  ),
  scenario(
    'pings, while nobody has anything to say',
    async (world) => {
      const target = `/alpha.slow,beta.slow?batch=1&input=${inputs(world, 200, 200)}`
      const { body } = await world.raw(target, { headers: JSONL })
      return String(body)
        .split('\n')
        .some((line) => line.startsWith(' '))
    },
    true,
  ),
  scenario(
    'a cookie that a procedure would set comes too late: the head is out',
    async (world) => {
      const target = `/alpha.cookie,beta.hello?batch=1&input=${inputs(world, 'late')}`
      return (await world.raw(target, { headers: JSONL })).headers
    },
    {},
  ),
  scenario(
    'by POST',
    async (world) => {
      const answer = await world.raw('/alpha.add,beta.touch?batch=1', {
        method: 'POST',
        headers: { ...JSONL, 'content-type': 'application/json' },
        body: JSON.stringify({ 0: world.serialize({ a: 1, b: 2 }) }),
      })
      return linesOf(answer.body, world.transformer !== 'none').length
    },
    7,
  ),
])

conformance('event streams as they are', [
  scenario(
    'connected, data, return',
    (world) => world.rawEvents(`/alpha.ticks?input=${world.input(2)}`, 4),
    [
      { event: 'connected', data: {} },
      { event: 'message' },
      { event: 'message' },
      { event: 'return' },
    ],
  ),
  scenario(
    'ids of tracked events',
    (world) => world.rawEvents(`/beta.tracked?input=${world.input({ to: 2 })}`, 3),
    [{ event: 'connected' }, { event: 'message', id: '1' }, { event: 'message', id: '2' }],
  ),
  scenario(
    'the id again after an untracked event',
    async (world) =>
      (await world.rawEvents('/alpha.mixed', 8)).map(({ event, id }) => `${event} ${id}`),
    [
      'connected undefined',
      'message a',
      'message ',
      'restore-id a',
      'message b',
      'return undefined',
    ],
  ),
  scenario('an error: 200 and serialized-error', (world) => world.rawEvents('/beta.breaks', 3), [
    { event: 'connected' },
    { event: 'message' },
    { event: 'serialized-error' },
  ]),
  scenario('an error before anything else', (world) => world.rawEvents('/alpha.refused', 2), [
    { event: 'connected' },
    { event: 'serialized-error' },
  ]),
  scenario(
    'the last event id as a header',
    (world) =>
      world.rawEvents(`/alpha.tracked?input=${world.input({ to: 3 })}`, 2, {
        'last-event-id': '2',
      }),
    [{ event: 'connected' }, { event: 'message', id: '3' }],
  ),
  scenario(
    'the last event id in the query',
    (world) => world.rawEvents(`/beta.tracked?input=${world.input({ to: 3 })}&lastEventId=2`, 2),
    [{ event: 'connected' }, { event: 'message', id: '3' }],
  ),
  scenario(
    'the last event id in the query, by its other name',
    (world) => world.rawEvents(`/beta.tracked?input=${world.input({ to: 3 })}&Last-Event-Id=1`, 3),
    [{ event: 'connected' }, { event: 'message', id: '2' }, { event: 'message', id: '3' }],
  ),
  scenario(
    'the last event id without an input',
    (world) => world.rawEvents('/alpha.lastEventId', 2, { 'last-event-id': 'seven' }),
    [{ event: 'connected' }, { event: 'message' }],
  ),
  scenario(
    'connection parameters',
    (world) =>
      world.rawEvents(`/alpha.paramsOf?connectionParams=${encodeURIComponent('{"a":"b"}')}`, 2),
    [{ event: 'connected' }, { event: 'message' }],
  ),
  scenario(
    'their headers',
    async (world) => {
      const { headers } = await world.raw(`/beta.ticks?input=${world.input(1)}`, {
        headers: { accept: 'text/event-stream' },
      })
      return headers
    },
    {
      'content-type': 'text/event-stream',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
    },
  ),
  scenario(
    'pings, while there is nothing to say',
    async (world) => {
      const leaving = new AbortController()
      const response = await fetch(`${world.url}/alpha.open?input=${world.input('pinged')}`, {
        headers: { accept: 'text/event-stream' },
        signal: leaving.signal,
      })
      let text = ''
      for await (const chunk of response.body ?? []) {
        text += Buffer.from(chunk).toString()
        if (text.includes('event: ping')) break
      }
      leaving.abort()
      return text.includes('event: ping')
    },
    true,
  ),
  scenario(
    'a procedure that is not there: JSON and 404',
    (world) => world.raw('/alpha.missing', { headers: { accept: 'text/event-stream' } }),
    { status: 404 },
  ),
  scenario(
    'a query that an event stream is asked of',
    (world) => world.raw('/alpha.hello', { headers: { accept: 'text/event-stream' } }),
    { status: 200 },
  ),
  scenario(
    'a context that is refused',
    (world) => world.rawEvents('/alpha.mixed', 2, { 'x-refuse': '1' }),
    [{ event: 'connected' }, { event: 'serialized-error' }],
  ),
])
