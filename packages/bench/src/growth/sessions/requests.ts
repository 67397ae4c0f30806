import autocannon from 'autocannon'
import { BROWSER_HEADERS } from '../../peers/browser.ts'
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

export async function costOfRequests(
  stage: Stage,
  { requests, connections }: { readonly requests: number; readonly connections: number },
): Promise<RequestCost> {
  const warmUs = await costOfWarm(stage, requests, connections)
  const { changer, people, gateway, redis } = stage
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
  return { warmUs, ...changed, load: await costOfLoad(stage), touchUs: await costOfTouch(stage) }
}

/** @throws {Error} if a request was not answered with 200. */
async function costOfWarm({ gateway, people }: Stage, amount: number, connections: number) {
  const before = await gateway.processorUs()
  const requests = people.map((person) => ({
    path: QUERY,
    headers: { ...BROWSER_HEADERS, cookie: cookieOf(person) },
  }))
  const { errors, non2xx, ...result } = await autocannon({
    url: gateway.url,
    requests,
    connections,
    amount,
  })
  const { total } = result.requests
  if (errors > 0 || non2xx > 0 || total === 0) {
    throw new Error(`${errors} errors, ${non2xx} refused of ${total}`)
  }
  return ((await gateway.processorUs()) - before) / total
}

async function costOfLoad({ changer, people, redis }: Stage): Promise<ServerUse> {
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
