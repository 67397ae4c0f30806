import type { Findings } from '../report/run-part.ts'
import type { Plan } from './plan.ts'
import type { Run } from './run.ts'
import { ALL_AT_REDIS, simulate } from './simulation/simulate.ts'
import { unitCostsOf } from './simulation/unit-costs.ts'
import { eventSections, FOLLOWING, RECEIPTS_BESIDE, rateName } from './summary/events.ts'
import { instanceSections, RECEIPTS } from './summary/instances.ts'
import { REQUESTS, sessionSections, sessionTargets, sizeName } from './summary/sessions.ts'

export function summarize(plan: Plan, run: Run): Findings {
  const { rounds, sessions } = plan
  const { needs, shares } = simulate(unitCostsOf(run))
  return {
    redisVersion: run.redisVersion,
    notes: [
      `By sessions ${sessions.rounds} rounds, in each ${sessions.requests} requests of ${sessions.people} people to each gateway; by instances and by events ${rounds}. Instances are in at most ten processes, each with connections of its own.`,
    ],
    sections: [
      ...sessionSections(run),
      ...instanceSections(run),
      ...eventSections(run),
      needs,
      shares,
    ],
    highlights: highlightsOf(plan),
    charts: [
      { section: REQUESTS, figures: ['gateway', 'gateway, claims changed', 'Redis, a load'] },
      { section: RECEIPTS, figures: ['p50', 'p99'] },
      { section: FOLLOWING, figures: ['gateway', 'Redis'] },
      { section: shares.title, figures: [ALL_AT_REDIS, 'gateways alone at Redis'] },
    ],
    targets: sessionTargets(run),
  }
}

function highlightsOf({ sessions, instances, events }: Plan): Findings['highlights'] {
  const [fewest, most] = [sessions.sizes[0], sessions.sizes.at(-1)]
  const request = (size = 0) => ({ section: REQUESTS, row: sizeName(size), figure: 'gateway' })
  const receipt = { section: RECEIPTS, row: `${instances.sizes.at(-1)} instances`, figure: 'p50' }
  const beside = rateName(events.rates.at(-1) ?? 0)
  return [
    request(fewest),
    request(most),
    receipt,
    { section: RECEIPTS_BESIDE, row: beside, figure: 'p50' },
    { section: FOLLOWING, row: beside, figure: 'gateway' },
  ]
}
