import { openOperator } from '../constellation/servers.ts'
import type { Heal, Row, Scene } from './row.ts'

const SHARED = { budget: 'within', trials: 20, leaseMs: 400, setting: { kind: 'single' } } as const
const FIRST = ['g1', 's1']
const KILL_EVERY_MS = 60
const RACES = 8

/** What happens to connections between instances and the server. */
export const connectionRows: readonly Row[] = [
  {
    ...SHARED,
    name: 'CLIENT KILL of subscribers, again and again',
    strike: (scene) => killing(scene, 'pubsub'),
  },
  {
    ...SHARED,
    name: 'CLIENT KILL of command connections, again and again',
    strike: (scene) => killing(scene, 'normal'),
  },
  {
    ...SHARED,
    name: 'partition, one way: nothing reaches the server',
    affects: FIRST,
    strike: (scene) => proxied(scene, 'dropUp'),
  },
  {
    ...SHARED,
    name: 'partition, one way: nothing comes back',
    affects: FIRST,
    strike: (scene) => proxied(scene, 'dropDown'),
  },
  {
    ...SHARED,
    name: 'partition: every connection reset and refused',
    affects: FIRST,
    strike: (scene) => proxied(scene, 'cut'),
  },
  {
    ...SHARED,
    name: 'slow network, 80 ms each way',
    affects: FIRST,
    async strike({ constellation: { proxies } }) {
      for (const proxy of proxies) proxy.delay(80)
      return async () => {
        for (const proxy of proxies) proxy.heal()
      }
    },
  },
  {
    ...SHARED,
    name: 'loads that race with a revocation',
    affects: FIRST,
    takes: RACES,
    reader: {},
    strike: raceLoads,
  },
  {
    ...SHARED,
    name: '3,000 events behind at once',
    affects: FIRST,
    holdMs: 600,
    async strike({ constellation: { proxies, revoker } }) {
      for (const proxy of proxies) proxy.cut()
      for (let sent = 0; sent < 3_000; sent += 50) {
        await Promise.all(
          Array.from({ length: 50 }, (_, i) =>
            revoker.store.revoke({ subject: `usr_nobody${sent + i}` }, { cause: 'fault-harness' }),
          ),
        )
      }
      return async () => {
        for (const proxy of proxies) proxy.heal()
      }
    },
  },
]

export async function raceLoads(scene: Scene): Promise<Heal> {
  const { constellation, load, random, take, end } = scene
  const { proxies, revoker } = constellation
  for (const proxy of proxies) proxy.delay(40)
  for (let i = 0; i < RACES; i += 1) {
    const visitor = take()
    // What is cached is not believed any more: every instance loads, while the session is ended.
    await revoker.store.switchOrganization(visitor.session, 'org_other')
    void load.everywhere(visitor)
    // It has another organization now, and is to be ended all the same.
    const way = random() < 0.5 ? 'session' : 'subject'
    setTimeout(() => end(visitor, way).catch(ignoreEnded), random() * 120)
  }
  return async () => {
    for (const proxy of proxies) proxy.heal()
  }
}

async function killing({ constellation }: Scene, type: 'pubsub' | 'normal'): Promise<Heal> {
  const port = await constellation.servers.primaryPort()
  const operator = await openOperator(port)
  const kill = () => operator.call('CLIENT', 'KILL', 'TYPE', type, 'SKIPME', 'yes')
  const timer = setInterval(() => kill().catch(ignoreEnded), KILL_EVERY_MS)
  return async () => {
    clearInterval(timer)
    operator.disconnect()
  }
}

async function proxied(
  { constellation: { proxies } }: Scene,
  fault: 'cut' | 'dropUp' | 'dropDown',
): Promise<Heal> {
  for (const proxy of proxies) proxy[fault]()
  return async () => {
    for (const proxy of proxies) proxy.heal()
  }
}

function ignoreEnded(): void {}
