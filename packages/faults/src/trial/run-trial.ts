import { setTimeout as pause } from 'node:timers/promises'
import { createId } from '@portcullis/context'
import { DEFAULT_CLOCK_BOUNDS } from '@portcullis/revocation'
import { eventually } from '@portcullis/testing'
import type { Constellation } from '../constellation/constellation.ts'
import { check, type Verdict } from '../history/check.ts'
import { createRecorder, type History, type Instant, instant } from '../history/history.ts'
import type { Visitor } from '../instances/visitor.ts'
import type { Random } from '../random.ts'
import type { Row, Scene } from '../rows/row.ts'
import { createLoad } from './load.ts'

export interface TrialResult {
  readonly history: History
  readonly verdict: Verdict
}

/** Sessions that are ended at random moments of the fault. */
const DURING = 3
/** Besides: before the fault, as it strikes, as it is healed, and after it. */
const DOOMED = DURING + 4
const KEPT = 2
const RETRY_MS = 50
const WARM_WITHIN_MS = 15_000
const RECOVER_WITHIN_MS = 20_000
const REPORT_WITHIN_MS = 20_000
/** For what comes late to come. */
const TAIL_MS = 150

/** Plays one fault once, under load and revocations, and judges what was recorded. */
export async function runTrial(
  row: Row,
  constellation: Constellation,
  random: Random,
): Promise<TrialResult> {
  const { revoker, leaseMs } = constellation
  const recorder = createRecorder()
  const load = createLoad(constellation, recorder)
  const running: Promise<void>[] = []
  let people = 0
  let ended = 0

  async function signIn(role: 'kept' | 'doomed'): Promise<Visitor> {
    people += 1
    const name = `${role}-${people}`
    return eventually(() => revoker.signIn(name), { timeoutMs: WARM_WITHIN_MS })
  }

  async function addKept(): Promise<Visitor> {
    const visitor = await signIn('kept')
    load.add(visitor, 'kept')
    return visitor
  }

  const accepts = (names: readonly string[], since: Instant, of: readonly string[]) => () => {
    const decisions = recorder.history().decisions
    const missing = of.filter(
      (name) =>
        !names.every((session) =>
          decisions.some(
            (d) =>
              d.instance === name &&
              d.session === session &&
              d.outcome === 'accepted' &&
              d.earliest >= since,
          ),
        ),
    )
    if (missing.length > 0) {
      throw new Error(`${missing.join(', ')} do not accept: ${lastOutcomes(missing)}`)
    }
  }

  function lastOutcomes(of: readonly string[]) {
    const own = recorder.history().decisions.filter(({ instance }) => of.includes(instance))
    return own
      .slice(-20)
      .map(({ instance, session, outcome }) => `${instance} ${outcome} ${session}`)
      .join(', ')
  }

  const instances = [...constellation.gateways, ...constellation.services].map(({ name }) => name)
  const surviving = instances.filter((name) => !row.ends?.includes(name))
  const waiting: Visitor[] = []

  async function end(visitor: Visitor): Promise<void> {
    const what = ended++ % 2 === 0 ? 'session' : 'subject'
    const id = createId('chg')
    const givenUpAt = instant() + REPORT_WITHIN_MS
    for (;;) {
      const attempt = await revoker.revoke(visitor, what, id)
      recorder.revoked(attempt)
      if (attempt.level === 'enforced') break
      if (instant() > givenUpAt) return
      await pause(RETRY_MS)
    }
    await load.everywhere(visitor)
  }

  function take(): Visitor {
    const visitor = waiting.shift()
    if (!visitor) throw new TypeError('nobody is left; see Row.takes')
    return visitor
  }

  function endSoon(visitor = take()): Promise<void> {
    const ending = end(visitor)
    running.push(ending)
    return ending
  }

  async function warmUp() {
    for (let i = 0; i < KEPT; i += 1) {
      const { name } = await addKept()
      if (row.losesSessions) recorder.mayLose(name)
      else recorder.keeps(name)
    }
    const count = DOOMED + (row.takes ?? 0)
    for (let i = 0; i < count; i += 1) {
      const visitor = await signIn('doomed')
      waiting.push(visitor)
      load.add(visitor, 'doomed')
    }
    await eventually(
      async () => {
        await Promise.all(waiting.map(load.everywhere))
        const names = waiting.map(({ name }) => name)
        accepts(names, 0, instances)()
      },
      { timeoutMs: WARM_WITHIN_MS, intervalMs: 50 },
    )
  }

  async function hold(holdMs: number) {
    const moments = Array.from({ length: DURING }, () => random() * holdMs)
    const during = moments.map(async (ms) => {
      await pause(ms)
      await endSoon()
    })
    running.push(...during)
    await pause(holdMs)
  }

  async function recovered(since: Instant) {
    if (row.losesSessions) recorder.keeps((await addKept()).name)
    const names = recorder.history().kept.slice(-1)
    await eventually(accepts(names, since, surviving), { timeoutMs: RECOVER_WITHIN_MS }).catch(
      leaveToChecker,
    )
  }

  try {
    await warmUp()
    const scene: Scene = { constellation, load, random, take, end: endSoon }
    await row.prepare?.(scene)
    await endSoon()
    endSoon().catch(leaveToEnd)
    const from = instant()
    const heal = await row.strike(scene)
    await hold(row.holdMs ?? 1.5 * leaseMs)
    await heal()
    const to = instant()
    endSoon().catch(leaveToEnd)
    const { rho, epsilonMs } = DEFAULT_CLOCK_BOUNDS
    const settleMs = leaseMs * (1 + rho) + epsilonMs + (row.changesHistory ? leaseMs / 4 : 0)
    recorder.broke({
      name: row.name,
      from,
      to,
      settledBy: to + settleMs,
      instances: row.affects ?? surviving,
    })
    await pause(settleMs)
    await recovered(to + settleMs)
    await endSoon()
    await Promise.all(running)
    await pause(TAIL_MS)
    await recovered(instant())
  } finally {
    await load.stop()
  }
  const history = recorder.history()
  return { history, verdict: check(history, { leaseMs }) }
}

/** What is under way is awaited at the end. */
function leaveToEnd(): void {}

function leaveToChecker(): void {}
