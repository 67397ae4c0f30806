import { conformance, scenario } from './conformance.ts'
import { becomesTrue, callUntyped, isoOrDate } from './helpers.ts'
import { outcomeOf } from './observations.ts'
import { follow } from './subscribing.ts'

conformance('httpSubscriptionLink', [
  scenario(
    'events until the service has no more',
    ({ events }) => follow((callbacks) => events.alpha.ticks.subscribe(3, callbacks)),
    { data: [1, 2, 3], states: ['started', 'completed'], error: null },
  ),
  scenario(
    'of the other part',
    ({ events }) => follow((callbacks) => events.beta.ticks.subscribe(1, callbacks)),
    { data: [1], states: ['started', 'completed'] },
  ),
  scenario(
    'none at all',
    ({ events }) => follow((callbacks) => events.alpha.ticks.subscribe(0, callbacks)),
    { data: [], states: ['started', 'completed'] },
  ),
  scenario(
    'many',
    async ({ events }) => {
      const { data } = await follow((callbacks) => events.beta.ticks.subscribe(2_000, callbacks))
      return { count: data.length, last: data.at(-1) }
    },
    { count: 2_000, last: 2_000 },
  ),
  scenario(
    'dates',
    ({ events }) => follow((callbacks) => events.alpha.moments.subscribe(undefined, callbacks)),
    (transformer: string) => ({
      data: [{ at: isoOrDate('1970-01-01T00:00:00.000Z')(transformer) }],
    }),
  ),
  scenario(
    'tracked events',
    ({ events }) => follow((callbacks) => events.alpha.tracked.subscribe({ to: 2 }, callbacks)),
    {
      data: [
        { id: '1', data: { value: 1 } },
        { id: '2', data: { value: 2 } },
      ],
    },
  ),
  scenario(
    'tracked and untracked events',
    ({ events }) => follow((callbacks) => events.beta.mixed.subscribe(undefined, callbacks)),
    { data: [{ id: 'a', data: 1 }, 2, { id: 'b', data: 3 }] },
  ),
  scenario(
    'a last event id of the client',
    ({ events }) =>
      follow((callbacks) => events.alpha.tracked.subscribe({ to: 5, lastEventId: '3' }, callbacks)),
    { data: [{ id: '4' }, { id: '5' }] },
  ),
  scenario(
    'comes back after an error that passes, behind the last event',
    ({ events }) =>
      follow((callbacks) => events.beta.trackedInPieces.subscribe({ to: 5 }, callbacks)),
    {
      data: [1, 2, 3, 4, 5].map((i) => ({ id: String(i), data: i })),
      states: [
        ...['started', 'back after SERVICE_UNAVAILABLE', 'back after untyped'],
        ...['started', 'back after SERVICE_UNAVAILABLE', 'back after untyped'],
        ...['started', 'completed'],
      ],
    },
  ),
  scenario(
    'ends with an error that does not pass',
    ({ events }) => follow((callbacks) => events.alpha.breaks.subscribe(undefined, callbacks)),
    { data: [1], states: ['started', 'error'], error: { code: 'CONFLICT', message: 'as asked' } },
  ),
  scenario(
    'is refused by the procedure',
    ({ events }) => follow((callbacks) => events.beta.refused.subscribe(undefined, callbacks)),
    { data: [], error: { code: 'CONFLICT' } },
  ),
  scenario(
    'is refused by createContext',
    (world) => {
      const client = world.client(world.httpSubscriptionLink({ headers: { 'x-refuse': '1' } }))
      return follow((callbacks) => client.alpha.ticks.subscribe(1, callbacks))
    },
    { data: [], error: { code: 'FORBIDDEN', message: 'no context' } },
  ),
  scenario(
    'connection parameters',
    (world) => {
      const connectionParams = { token: 'a b&c', locale: 'de' }
      const client = world.client(world.httpSubscriptionLink({ connectionParams }))
      return follow((callbacks) => client.beta.paramsOf.subscribe(undefined, callbacks))
    },
    { data: [{ token: 'a b&c', locale: 'de' }] },
  ),
  scenario(
    'leaving ends it at the service',
    async ({ events, single }) => {
      await follow((callbacks) => events.alpha.open.subscribe('sse', callbacks), 1)
      return becomesTrue(() => single.alpha.wasAborted.query('sse'))
    },
    true,
  ),
  scenario(
    'what is no subscription',
    ({ events }) => outcomeOf(callUntyped(events, 'alpha.hello', 'query')),
    { error: {} },
  ),
])
