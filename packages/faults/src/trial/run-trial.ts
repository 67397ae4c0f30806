import { setTimeout as pause } from 'node:timers/promises'
import { createId } from '@portcullis/context'
import { DEFAULT_CLOCK_BOUNDS } from '@portcullis/revocation'
import { eventually } from '@portcullis/testing'
import type { Constellation } from '../constellation/constellation.ts'
import { selectorOf, WAYS_TO_END, type WayToEnd } from '../constellation/ending.ts'
import { check, type Verdict } from '../history/check.ts'
import {
  createRecorder,
  type History,
  type Instant,
  instant,
  type RevocationAttempt,
} from '../history/history.ts'
import type { Visitor } from '../instances/visitor.ts'
import type { Random } from '../random.ts'
import type { Row, Scene } from '../rows/row.ts'
import { stampedAtSigning } from '../wrong-forms/stamped-at-signing.ts'
import { createLoad, type Role } from './load.ts'

export interface TrialResult {
  readonly history: History
  readonly verdict: Verdict
}

/** Sessions that are ended at random moments of the fault. */
const DURING = 3
/** Besides: before the fault, as it strikes, as it is healed, and after it. */
const DOOMED = DURING + 4
const RETRY_MS = 50
const WARM_WITHIN_MS = 15_000
const RECOVER_WITHIN_MS = 20_000
const REPORT_WITHIN_MS = 20_000
/** Between two moments that clocks tell apart. */
const LEAST_TIME_MS = 2
const NOBODY = 'usr_nobody'
/** For what comes late to come. */
const TAIL_MS = 150

/** Plays one fault once, under load and revocations, and judges what was recorded. */
export async function runTrial(
  row: Row,
  constellation: Constellation,
  random: Random,
): Promise<TrialResult> {
  const { revoker, leaseMs, claims } = constellation
  const recorder = createRecorder(row.durability)
  const stamps = row.stampsAtSigning
    ? await stampedAtSigning(constellation.secrets, () => revoker.follower.position)
    : undefined
  const load = createLoad(constellation, recorder, stamps)
  const running: Promise<void>[] = []
  const over: Visitor[] = []
  let people = 0

  async function signIn(role: Role): Promise<Visitor> {
    people += 1
    const name = `${role}-${people}`
    const visitor = await eventually(() => revoker.signIn(name), { timeoutMs: WARM_WITHIN_MS })
    load.add(visitor, role)
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

  const { gateways, services, readers } = constellation
  const instances = [...gateways, ...services, ...readers].map(({ name }) => name)
  const surviving = instances.filter((name) => !row.ends?.includes(name))
  const waiting: Visitor[] = []
  let changing: Visitor | undefined
  /** Signed in before a moment, everybody else after it. */
  let early: Visitor | undefined
  let moment = new Date()

  /** Again and again under one id, until it is in force everywhere; then everybody is asked at once. */
  async function repeat(visitor: Visitor, attempt: () => Promise<RevocationAttempt>) {
    const givenUpAt = instant() + REPORT_WITHIN_MS
    for (;;) {
      const attempted = await attempt()
      recorder.revoked(attempted)
      if (attempted.level === 'enforced') break
      if (instant() > givenUpAt) return
      await pause(RETRY_MS)
    }
    await load.everywhere(visitor)
  }

  async function end(visitor: Visitor, way?: WayToEnd): Promise<void> {
    const nth = (over.push(visitor) + Math.floor(random() * 2)) % WAYS_TO_END.length
    const selector = selectorOf(visitor, way ?? WAYS_TO_END[nth] ?? 'session')
    const id = createId('chg')
    await repeat(visitor, () => revoker.revoke(visitor, selector, id))
  }

  /** Ends everything that began before everybody but one signed in. */
  async function endEarly(): Promise<void> {
    if (!early || row.losesLog) return
    const ended = early
    over.push(ended)
    const selector = { everyone: true, beganBefore: moment } as const
    const id = createId('chg')
    await repeat(ended, () => revoker.revoke(ended, selector, id))
  }

  async function changeClaims(visitor: Visitor): Promise<void> {
    const version = claims.change(visitor.subject)
    const id = createId('chg')
    await repeat(visitor, () => revoker.publish(visitor, version, id))
  }

  function take(): Visitor {
    const visitor = waiting.shift()
    if (!visitor) throw new TypeError('nobody is left; see Row.takes')
    return visitor
  }

  function endSoon(visitor = take(), way?: WayToEnd): Promise<void> {
    const ending = end(visitor, way)
    running.push(ending)
    return ending
  }

  function changeSoon() {
    if (changing) running.push(changeClaims(changing))
  }

  async function warmUp() {
    early = await signIn('doomed')
    await pause(LEAST_TIME_MS)
    moment = new Date()
    // What begins from here on is told apart by this entry.
    await revoker.store.revoke({ subject: NOBODY }, { cause: 'fault-harness' })
    await pause(LEAST_TIME_MS)
    changing = await signIn('changing')
    for (const { name } of [changing, await signIn('kept')]) {
      if (row.losesSessions) recorder.mayLose(name)
      else recorder.keeps(name)
    }
    const count = DOOMED + (row.takes ?? 0)
    for (let i = 0; i < count; i += 1) waiting.push(await signIn('doomed'))
    const asked = [early, changing, ...waiting]
    await eventually(
      async () => {
        await Promise.all(asked.map(load.everywhere))
        const names = asked.map(({ name }) => name)
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
    setTimeout(changeSoon, random() * holdMs)
    await pause(holdMs)
  }

  async function recovered(since: Instant) {
    if (row.losesSessions) recorder.keeps((await signIn('kept')).name)
    const names = recorder.history().kept.slice(-1)
    await eventually(accepts(names, since, surviving), { timeoutMs: RECOVER_WITHIN_MS }).catch(
      leaveToChecker,
    )
  }

  /** Asks the truth itself about everybody whose session was ended. */
  async function findSurvivors() {
    await using opened = await row.truth?.(scene)
    const store = opened ?? revoker.store
    for (const { name, cookie } of over) {
      const found = await eventually(() => store.load(cookie), { timeoutMs: WARM_WITHIN_MS })
      if (found) recorder.survived(name)
    }
  }

  const scene: Scene = { constellation, load, random, take, end: endSoon }
  try {
    await warmUp()
    // One that a changed history has lost is brought back as an end of everybody: what the moment was is lost with it.
    if (row.changesHistory) await endEarly()
    await row.prepare?.(scene)
    await endSoon()
    changeSoon()
    if (!row.changesHistory) running.push(endEarly())
    endSoon().catch(leaveToEnd)
    const from = instant()
    const heal = await row.strike(scene)
    await hold(row.holdMs ?? 1.5 * leaseMs)
    await heal()
    const to = instant()
    changeSoon()
    endSoon().catch(leaveToEnd)
    const { rho, epsilonMs } = DEFAULT_CLOCK_BOUNDS
    const settleMs = leaseMs * (1 + rho) + epsilonMs + (row.changesHistory ? leaseMs / 4 : 0)
    recorder.broke({
      name: row.name,
      from,
      to,
      settledBy: to + settleMs,
      instances: row.affects ?? surviving,
      deniesDurability: row.deniesDurability ?? false,
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
  await findSurvivors()
  const history = recorder.history()
  return { history, verdict: check(history, { leaseMs }) }
}

/** What is under way is awaited at the end. */
function leaveToEnd(): void {}

function leaveToChecker(): void {}
