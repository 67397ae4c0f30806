import type { RawSocket } from '../websocket/harness.ts'
import { conformance, scenario } from './conformance.ts'
import { withoutStack } from './observations.ts'
import type { World } from './world.ts'

const call = (id: unknown, path: string, input?: unknown, method = 'query'): Message => ({
  id,
  method,
  params: { path, input },
})

async function frames(socket: RawSocket, count: number): Promise<unknown[]> {
  const received = await socket.next(count)
  return received.map((frame) => (frame === 'PONG' ? frame : withoutStack(frame))).sort(byId)
}

/** Of two services, nobody says which answers first. */
function byId(a: unknown, b: unknown): number {
  const idOf = (frame: unknown) => String((frame as { id?: unknown }).id)
  return idOf(a) < idOf(b) ? -1 : idOf(a) > idOf(b) ? 1 : 0
}

interface Message {
  readonly id: unknown
  readonly method: string
  readonly params: {
    readonly path: string
    readonly input?: unknown
    readonly lastEventId?: string
  }
}

/** As the client of a transformer sends it: also nothing is an input then. */
function sent(world: World, message: Message): Message {
  const { params } = message
  return 'input' in params && params.input !== undefined
    ? message
    : { ...message, params: { ...params, input: world.serialize(undefined) } }
}

async function exchange(
  world: World,
  message: Message | readonly Message[],
  count = 1,
): Promise<unknown[]> {
  const socket = await world.rawSocket()
  socket.send(
    Array.isArray(message)
      ? message.map((one) => sent(world, one))
      : sent(world, message as Message),
  )
  return frames(socket, count)
}

const code = (name: string) => (transformer: string) => {
  const error = { data: { code: name } }
  return [{ error: transformer === 'none' ? error : { json: error } }]
}

conformance('frames as they are', [
  scenario('a query', (world) => exchange(world, call(1, 'alpha.hello')), [
    { id: 1, result: { type: 'data' } },
  ]),
  scenario('an id that is a string', (world) => exchange(world, call('one', 'beta.hello')), [
    { id: 'one', result: { type: 'data' } },
  ]),
  scenario('an answer of nothing', (world) => exchange(world, call(1, 'alpha.nothing')), [
    { id: 1, result: { type: 'data' } },
  ]),
  scenario(
    'a mutation',
    (world) => exchange(world, call(2, 'beta.add', world.serialize({ a: 1, b: 2 }), 'mutation')),
    [{ id: 2 }],
  ),
  scenario(
    'several in one frame',
    (world) =>
      exchange(world, [call(1, 'alpha.hello'), call(2, 'beta.hello'), call(3, 'beta.missing')], 3),
    [
      { id: 1, result: {} },
      { id: 2, result: {} },
      { id: 3, error: {} },
    ],
  ),
  scenario('one in an array', (world) => exchange(world, [call(1, 'alpha.hello')]), [{ id: 1 }]),
  scenario(
    'an error',
    (world) => exchange(world, call(1, 'alpha.fail', world.serialize('CONFLICT'))),
    code('CONFLICT'),
  ),
  scenario(
    'a procedure that is not there',
    (world) => exchange(world, call(1, 'alpha.missing')),
    code('NOT_FOUND'),
  ),
  scenario(
    'a subscription: started, data, stopped',
    (world) => exchange(world, call(1, 'alpha.ticks', world.serialize(2), 'subscription'), 4),
    [
      { id: 1, result: { type: 'started' } },
      { id: 1, result: { type: 'data' } },
      { id: 1, result: { type: 'data' } },
      { id: 1, result: { type: 'stopped' } },
    ],
  ),
  scenario(
    'ids of tracked events',
    (world) =>
      exchange(world, call(1, 'beta.tracked', world.serialize({ to: 1 }), 'subscription'), 3),
    [
      { result: { type: 'started' } },
      { result: { type: 'data', id: '1' } },
      { result: { type: 'stopped' } },
    ],
  ),
  scenario(
    'a last event id',
    (world) =>
      exchange(
        world,
        {
          id: 1,
          method: 'subscription',
          params: { path: 'beta.tracked', input: world.serialize({ to: 3 }), lastEventId: '2' },
        },
        3,
      ),
    [
      { result: { type: 'started' } },
      { result: { type: 'data', id: '3' } },
      { result: { type: 'stopped' } },
    ],
  ),
  scenario(
    'a subscription that is stopped',
    async (world) => {
      const socket = await world.rawSocket()
      socket.send(call(1, 'alpha.open', world.serialize('stopped'), 'subscription'))
      const begun = await frames(socket, 2)
      socket.send({ id: 1, method: 'subscription.stop' })
      return [...begun, ...(await frames(socket, 1))]
    },
    [
      { result: { type: 'started' } },
      { result: { type: 'data' } },
      { result: { type: 'stopped' } },
    ],
  ),
  scenario(
    'a stop of what is not there',
    async (world) => {
      const socket = await world.rawSocket()
      socket.send({ id: 9, method: 'subscription.stop' })
      socket.send(sent(world, call(1, 'beta.hello')))
      return frames(socket, 1)
    },
    [{ id: 1 }],
  ),
  scenario(
    'a subscription that breaks',
    (world) => exchange(world, call(1, 'beta.breaks', undefined, 'subscription'), 3),
    [{ result: { type: 'started' } }, { result: { type: 'data' } }, { error: {} }],
  ),
  scenario(
    'a query asked for as a subscription',
    (world) => exchange(world, call(1, 'alpha.hello', undefined, 'subscription')),
    [{ id: 1, error: {} }],
  ),
  scenario(
    'PING',
    async (world) => {
      const socket = await world.rawSocket()
      socket.send('PING')
      return frames(socket, 1)
    },
    ['PONG'],
  ),
  scenario(
    'connection parameters as the first frame',
    async (world) => {
      const socket = await world.rawSocket('/?connectionParams=1')
      socket.send({ method: 'connectionParams', data: { token: 'abc' } })
      socket.send([call(1, 'alpha.params'), call(2, 'beta.params')].map((one) => sent(world, one)))
      return frames(socket, 2)
    },
    [
      { id: 1, result: {} },
      { id: 2, result: {} },
    ],
  ),
  scenario(
    'a path and a query of one’s own',
    async (world) => {
      const socket = await world.rawSocket('/trpc?device=7')
      socket.send(sent(world, call(1, 'alpha.hello')))
      return frames(socket, 1)
    },
    [{ id: 1 }],
  ),
  scenario(
    'headers of the upgrade',
    async (world) => {
      const socket = await world.rawSocket('/', { authorization: 'Bearer abc' })
      const input = world.serialize('authorization')
      socket.send([call(1, 'alpha.header', input), call(2, 'beta.header', input)])
      return frames(socket, 2)
    },
    [
      { id: 1, result: {} },
      { id: 2, result: {} },
    ],
  ),
  ...(
    [
      ['that is no JSON', '{'],
      ['that is no object', '7'],
      ['without a method', '{"id":1}'],
      ['without params', '{"id":1,"method":"query"}'],
      ['with an unknown method', '{"id":1,"method":"shout","params":{"path":"alpha.hello"}}'],
      ['without a path', '{"id":1,"method":"query","params":{}}'],
      [
        'whose last event id is a number',
        '{"id":1,"method":"subscription","params":{"path":"alpha.ticks","lastEventId":1}}',
      ],
      [
        'of which one message is none',
        '[{"id":1,"method":"query","params":{"path":"alpha.hello"}},7]',
      ],
      ['without an id', '{"id":null,"method":"query","params":{"path":"alpha.hello"}}'],
    ] as const
  ).map(([what, text]) =>
    scenario(
      `a frame ${what} is answered without an id, and the socket goes on`,
      async (world) => {
        const socket = await world.rawSocket()
        socket.send(text)
        const [refused] = (await frames(socket, 1)) as { id: unknown; error: unknown }[]
        socket.send(sent(world, call(2, 'beta.hello')))
        return {
          id: refused?.id,
          code: parseErrorOf(refused?.error),
          after: await frames(socket, 1),
        }
      },
      { id: null, code: 'PARSE_ERROR', after: [{ id: 2 }] },
    ),
  ),
])

function parseErrorOf(error: unknown): unknown {
  const plain = (error as { json?: unknown }).json ?? error
  return (plain as { data?: { code?: unknown } }).data?.code
}
