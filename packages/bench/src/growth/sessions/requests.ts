import { BROWSER_HEADERS } from '../../peers/browser.ts'
import { costOfLoad } from '../../peers/load.ts'
import { inTurns } from '../../population/in-turns.ts'
import { cookieOf, type Person } from '../../population/people.ts'
import { QUERY } from '../../population/servers.ts'
import { visit } from '../../population/visits.ts'
import { readServer, type ServerUse, useBetween } from '../server-counters.ts'
import type { Stage } from './stage.ts'

/** Processor time of one request, in microseconds. */
export interface RequestCost {
  /** Of the gateway, whose memory has the session. */
  readonly warmUs: number
  /** Of the gateway, where somebody's claims have changed: the session is loaded, claims are asked for, a context is signed. */
  readonly changedUs: number
  /** Of Redis, for that: a load, and claims that are cached anew. */
  readonly changedServerUs: number
  /** Milliseconds that each of these took. */
  readonly changedMs: readonly number[]
  /** Of Redis, to load one session with its claims. */
  readonly load: ServerUse
  /** Of Redis, to note that one session was used. */
  readonly touchUs: number
}

/** Changes that are under way at once, so that everybody's session has to be loaded anew. */
const CHANGES_AT_ONCE = 50
/** Times that everybody's session is loaded. */
const LOADS = 4
const LOADS_AT_ONCE = 16
/** Times that the use of everybody's session is noted. */
const TOUCHES = 10
const TOUCHES_AT_ONCE = 100

/** @param turn Whose turn it is of the gateways to have what was changed asked of it; all of them are asked what is warm. */
export async function costOfRequests(
  stage: Stage,
  { requests, connections }: { readonly requests: number; readonly connections: number },
  turn: number,
): Promise<RequestCost> {
  const warmUs = await costOfWarm(stage, requests, connections)
  const { changer, people, gateways, redis } = stage
  const gateway = gateways[turn % gateways.length] ?? gateways[0]
  await inTurns(people.length, CHANGES_AT_ONCE, (n) => changer.publish(people[n]?.subject))
  // Everything up to here is applied where it is acknowledged.
  await changer.enforce()
  const [server, used] = [await readServer(redis), await gateway.processorUs()]
  const cookies = people.map(cookieOf)
  const { url } = gateway
  const changedMs = await visit({ url, path: QUERY, cookies, concurrency: connections })
  const changedUs = ((await gateway.processorUs()) - used) / people.length
  const changedServer = useBetween(server, await readServer(redis), people.length)
  const changed = { changedUs, changedServerUs: changedServer.processorUs, changedMs }
  return { warmUs, ...changed, load: await costOfLoading(stage), touchUs: await costOfTouch(stage) }
}

/** The mean of the gateways. Each has seen everybody just before: what a round changes is loaded outside of the measure. */
async function costOfWarm({ gateways, people }: Stage, requests: number, connections: number) {
  const cookies = people.map(cookieOf)
  const request = { name: 'warm', path: QUERY, headers: {} }
  const headersOf = (connection: number, count: number) =>
    Array.from({ length: count }, (_, n) => ({
      cookie: cookies[(connection + n * connections) % cookies.length] as string,
    }))
  const costs: number[] = []
  for (const peer of gateways) {
    await visit({ url: peer.url, path: QUERY, cookies, concurrency: connections })
    const load = { peer, request, headers: BROWSER_HEADERS, headersOf, connections, requests }
    costs.push((await costOfLoad(load)).processorUs)
  }
  return costs.reduce((sum, each) => sum + each, 0) / costs.length
}

async function costOfLoading({ changer, people, redis }: Stage): Promise<ServerUse> {
  const before = await readServer(redis)
  const loads = LOADS * people.length
  await inTurns(loads, LOADS_AT_ONCE, (n) => {
    const { token } = people[n % people.length] as Person
    return changer.store.load(token)
  })
  return useBetween(before, await readServer(redis), loads)
}

async function costOfTouch({ changer, people, redis }: Stage): Promise<number> {
  const before = await readServer(redis)
  for (let time = 0; time < TOUCHES; time += 1) {
    for (let first = 0; first < people.length; first += TOUCHES_AT_ONCE) {
      const batch = people.slice(first, first + TOUCHES_AT_ONCE)
      await changer.store.touch(batch.map(({ session: id }) => ({ id, ageMs: 0 })))
    }
  }
  return useBetween(before, await readServer(redis), TOUCHES * people.length).processorUs
}
