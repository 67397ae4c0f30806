import assert from 'node:assert/strict'
import { setTimeout } from 'node:timers/promises'
import { eventually } from '@portcullis/testing'
import { Agent, request } from 'undici'
import type { Cut } from './cuttable-redis.ts'
import type { PeerFleet } from './fleet.ts'

/** What was seen of one session that was ended, in milliseconds from asking for it. */
export interface Ending {
  /** The last instance was seen to refuse. */
  readonly lastRefusesMs: number
  readonly returnedMs: number
  /** From the return of the call to the last request that was sent and still accepted. */
  readonly acceptedAfterMs: number
  /** Requests that were sent after the call had returned, and were accepted. */
  readonly acceptedAfter: number
}

export interface WatchOptions {
  /** What the last instance does not hear while the session is ended; it was there when they signed in. */
  readonly cut: Cut
  /** Between an answer and the next request to the same instance. */
  readonly pauseMs: number
  /** The end of looking. */
  readonly limitMs: number
}

/** One that is not answered by then is not accepted. */
const ANSWER_WITHIN_MS = 1_000
/** By then all have heard what was said of the sign-in, so that what they remember next stays. */
const SETTLED_MS = 50
/** Refusals in a row, after the call has returned, until it is believed that it stays so. */
const CALM = 3

/**
 * Signs somebody in, has every instance know them, and signs them out while each is asked again and again.
 *
 * @throws {Error} when somebody who is signed in is refused, or one who is not is accepted to the end.
 */
export async function watchEnding(fleet: PeerFleet, options: WatchOptions): Promise<Ending> {
  const { kind, urls, redis } = fleet
  const { headers, signOut } = await kind.signIn(urls[0] ?? '')
  await using agent = new ClosingAgent()
  const askers = urls.map((url) => () => isAccepted(url + kind.path, headers, agent))
  await Promise.all(askers.map(untilKnown))
  redis.cut(options.cut)
  try {
    return await watchAll(askers, signOut, options)
  } finally {
    redis.heal()
  }
}

/** Until it accepts, which takes a moment after a cut, and then once more: from what it remembers. */
async function untilKnown(ask: Ask): Promise<void> {
  await eventually(async () => assert(await ask(), 'somebody who is signed in was refused'))
  await setTimeout(SETTLED_MS)
  assert(await ask(), 'somebody who was known was refused')
}

type Ask = () => Promise<boolean>

async function watchAll(
  askers: readonly Ask[],
  signOut: () => Promise<void>,
  options: WatchOptions,
): Promise<Ending> {
  const from = performance.now()
  let returned = Number.POSITIVE_INFINITY
  const ended = signOut().then(() => {
    returned = performance.now()
  })
  const watching = askers.map((ask) => watchInstance(ask, () => returned, from, options))
  const [watched] = await Promise.all([Promise.all(watching), ended])
  const late = watched.flatMap(({ accepted }) => accepted.filter((sent) => sent > returned))
  return {
    lastRefusesMs: Math.max(...watched.map(({ refusedAt }) => refusedAt)) - from,
    returnedMs: returned - from,
    acceptedAfterMs: late.length === 0 ? 0 : Math.max(...late) - returned,
    acceptedAfter: late.length,
  }
}

interface WatchedInstance {
  /** When requests were sent that were accepted. */
  readonly accepted: readonly number[]
  /** When the first of those refusals was answered with which it stayed. */
  readonly refusedAt: number
}

async function watchInstance(
  ask: Ask,
  returned: () => number,
  from: number,
  { pauseMs, limitMs }: WatchOptions,
): Promise<WatchedInstance> {
  const accepted: number[] = []
  let refusedAt = 0
  let calm = 0
  while (calm < CALM) {
    const sent = performance.now()
    if (sent - from > limitMs) throw new Error(`accepted after ${limitMs} ms`)
    if (await ask()) {
      accepted.push(sent)
      refusedAt = 0
      calm = 0
    } else {
      refusedAt ||= performance.now()
      if (sent > returned()) calm += 1
    }
    await setTimeout(pauseMs)
  }
  return { accepted, refusedAt }
}

async function isAccepted(
  url: string,
  headers: Readonly<Record<string, string>>,
  dispatcher: Agent,
): Promise<boolean> {
  const signal = AbortSignal.timeout(ANSWER_WITHIN_MS)
  try {
    const { statusCode, body } = await request(url, { headers, dispatcher, signal })
    await body.dump()
    return statusCode === 200
  } catch {
    return false
  }
}

class ClosingAgent extends Agent {
  async [Symbol.asyncDispose]() {
    await this.destroy()
  }
}
