import { setTimeout as pause } from 'node:timers/promises'
import { eventually, type SentinelRedis } from '@portcullis/testing'
import { check, type Verdict } from '../history/check.ts'
import { createRecorder, instant, type Recorder } from '../history/history.ts'
import type { Random } from '../random.ts'
import type { Contestant, Ticket } from './contestant.ts'

const PEOPLE = 40
const KEPT = 2
const ASK_EVERY_MS = 10
const END_EVERY_MS = 120
/** Ends before the failover, and after the new primary is one. */
const ENDS_AROUND = 6
const RETRY_MS = 50
const REPORT_WITHIN_MS = 20_000
const MOST_WAITING = 64

/** One Sentinel failover while sessions are ended and used; judged as every trial is. */
export async function playFailover(
  contestant: Contestant,
  random: Random,
  leaseMs: number,
): Promise<Verdict> {
  const recorder = createRecorder()
  const people = await signIn(contestant)
  const kept = people.splice(0, KEPT)
  for (const { name } of kept) recorder.keeps(name)
  const asking = askAll(contestant, recorder, [...kept, ...people])
  const ends: Promise<void>[] = []
  const ended: Ticket[] = []
  const timer = setInterval(() => {
    const ticket = people[ended.length]
    if (!ticket) return
    ended.push(ticket)
    ends.push(endOne(contestant, recorder, ticket))
  }, END_EVERY_MS)

  try {
    await pause(ENDS_AROUND * END_EVERY_MS + random() * END_EVERY_MS)
    const from = instant()
    const { cluster } = contestant.servers
    await FAILOVERS[Math.floor(random() * FAILOVERS.length)]?.(cluster)
    const to = instant()
    await pause(ENDS_AROUND * END_EVERY_MS)
    clearInterval(timer)
    await eventually(() => cluster.inSync(), { timeoutMs: SETTLE_WITHIN_MS, intervalMs: 200 })
    await Promise.all(ends)
    const settledBy = instant()
    recorder.broke({
      name: 'failover',
      from,
      to,
      settledBy,
      instances: contestant.instances,
      deniesDurability: false,
    })
    await pause(leaseMs)
  } finally {
    clearInterval(timer)
    await asking[Symbol.asyncDispose]()
  }
  for (const ticket of ended) {
    if (await isAccepted(contestant, ticket)) recorder.survived(ticket.name)
  }
  return check(recorder.history(), { leaseMs })
}

const SETTLE_WITHIN_MS = 40_000
const LAG_MS = 400

/** How a primary is lost: it crashes; it hangs and comes back; it crashes and who takes over had not got its last writes. */
const FAILOVERS: readonly ((cluster: SentinelRedis) => Promise<void>)[] = [
  async (cluster) => {
    const { from } = await cluster.failover({ by: 'kill' })
    await from.restart()
  },
  async (cluster) => {
    const { from } = await cluster.failover({ by: 'freeze' })
    from.resume()
  },
  async (cluster) => {
    const primary = await cluster.primary()
    const next = cluster.nodes.find((node) => node !== primary)
    if (!next) throw new TypeError('a replica is needed')
    await next.stopReplicating()
    await pause(LAG_MS)
    await cluster.failover({ by: 'kill', to: next })
    await next.startReplicating()
    await primary.restart()
  },
]

async function signIn(contestant: Contestant): Promise<Ticket[]> {
  const people: Ticket[] = []
  for (let i = 0; i < PEOPLE; i += 1) {
    const ticket = await contestant.signIn(`person-${i}`)
    people.push(ticket)
    for (const instance of contestant.instances) {
      await eventually(async () => {
        if ((await contestant.decide(instance, ticket)) !== 'accepted') throw new Error('not yet')
      })
    }
  }
  return people
}

async function endOne(contestant: Contestant, recorder: Recorder, ticket: Ticket): Promise<void> {
  const givenUpAt = instant() + REPORT_WITHIN_MS
  while (instant() < givenUpAt) {
    const attempt = await contestant.end(ticket)
    recorder.revoked(attempt)
    if (attempt.level === 'enforced') return
    await pause(RETRY_MS)
  }
}

/** Asks every instance about everybody, in turn. */
function askAll(
  contestant: Contestant,
  recorder: Recorder,
  tickets: readonly Ticket[],
): AsyncDisposable {
  let asked = 0
  let waiting = 0
  let isOver = false
  const timer = setInterval(() => {
    asked += 1
    const ticket = tickets[asked % tickets.length]
    for (const instance of contestant.instances) {
      if (ticket && waiting < MOST_WAITING) void ask(instance, ticket)
    }
  }, ASK_EVERY_MS)

  async function ask(instance: string, ticket: Ticket) {
    waiting += 1
    const earliest = instant()
    const outcome = await contestant.decide(instance, ticket)
    waiting -= 1
    if (isOver) return
    const decided = { instance, session: ticket.name, earliest, latest: instant(), outcome }
    recorder.decided({ ...decided, claimsVersion: null, via: 'request' })
  }

  return {
    async [Symbol.asyncDispose]() {
      isOver = true
      clearInterval(timer)
    },
  }
}

async function isAccepted(contestant: Contestant, ticket: Ticket): Promise<boolean> {
  const outcomes = await Promise.all(
    contestant.instances.map((instance) => contestant.decide(instance, ticket)),
  )
  return outcomes.includes('accepted')
}
