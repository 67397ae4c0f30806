import { setTimeout as pause } from 'node:timers/promises'
import {
  type CommandsOfPerson,
  countAnnounced,
  countFilling,
  type Filling,
  fillAgain,
  fillThroughKill,
} from './filling.ts'
import { type Installation, startInstallation } from './installation.ts'
import { subjectOf } from './people.ts'
import type { BackfillPlan } from './plan.ts'
import { answerOfEach, beginRequests } from './requests.ts'

export interface BackfillRun {
  readonly people: number
  readonly filling: Filling
  readonly commands: CommandsOfPerson
  /** Milliseconds of requests: nothing runs, and while the job does. */
  readonly before: readonly number[]
  readonly during: readonly number[]
  /** People whose version did not rise exactly once, who were announced another number of times, whom a repeat filled again. */
  readonly wrongVersions: number
  readonly wrongAnnouncements: number
  readonly filledAgain: number
}

/** Sessions that are being started at once. */
const STARTS = 100

/** @param say Told what comes next. */
export async function runBackfill(
  plan: BackfillPlan,
  say: (line: string) => void,
): Promise<BackfillRun> {
  const { counted, people, perSecond } = plan
  say(`a new claim: ${counted} people are filled, and commands counted`)
  await using installation = await startInstallation()
  await installation.people.add({ from: people + 1, to: people + counted })
  const { worker, ...commands } = await countFilling(installation, counted)
  await installation.people.add({ from: 1, to: people })
  using announced = countAnnounced(installation)

  say(`a new claim: ${people} people are filled, and the worker killed in the middle`)
  const cookies = await signIn(installation, plan)
  await answerOfEach(installation.gatewayUrl, cookies)
  await using requests = beginRequests({
    ...{ url: installation.gatewayUrl, cookies, perSecond: plan.requestsPerSecond },
  })
  await pause(plan.beforeMs)
  const before = requests.take()
  const filling = await fillThroughKill(installation, { worker, people, perSecond })
  const during = requests.take()

  const filledAgain = await fillAgain(installation, perSecond)
  await installation.follower.catchUp()
  const { otherwise } = await installation.people.versions(people + counted)
  const subjects = Array.from({ length: people }, (_, n) => subjectOf(n + 1))
  const announcedOnce = subjects.filter((subject) => announced.counts.get(subject) === 1).length
  return {
    ...{ people, filling, commands, before, during, filledAgain },
    wrongVersions: otherwise,
    wrongAnnouncements: people - announcedOnce,
  }
}

/** Of people who are filled early, late and in between. @returns their cookies. */
async function signIn({ sessions }: Installation, { people, signedIn }: BackfillPlan) {
  const cookies: string[] = []
  const every = Math.floor(people / signedIn)
  for (let first = 0; first < signedIn; first += STARTS) {
    const starts = Array.from({ length: Math.min(STARTS, signedIn - first) }, async (_, n) => {
      const subject = subjectOf(1 + (first + n) * every)
      const { token } = await sessions.start({ subject, methods: ['pwd'] })
      return `sid=${token}`
    })
    cookies.push(...(await Promise.all(starts)))
  }
  return cookies
}
