import type { Findings } from '../report/run-part.ts'
import type { Plan } from './plan.ts'
import type { Run } from './run.ts'
import { simulate } from './simulation/simulate.ts'
import { unitCostsOf } from './simulation/unit-costs.ts'
import { eventSections, FOLLOWING } from './summary/events.ts'
import { instanceSections, RECEIPTS } from './summary/instances.ts'
import { largestName, REQUESTS, sessionSections, sessionTargets } from './summary/sessions.ts'

export function summarize({ rounds, sessions, instances }: Plan, run: Run): Findings {
  const simulated = simulate(unitCostsOf(run))
  const most = instances.sizes.at(-1) ?? 0
  return {
    redisVersion: run.redisVersion,
    notes: [
      `${rounds} rounds; ${sessions.requests} requests of ${sessions.people} people to each gateway in each; instances in at most ten processes, each with connections of its own.`,
    ],
    sections: [...sessionSections(run), ...instanceSections(run), ...eventSections(run), simulated],
    highlights: [
      { section: REQUESTS, row: largestName(run), figure: 'gateway' },
      { section: RECEIPTS, row: `${most} instances`, figure: 'p50' },
    ],
    charts: [
      { section: REQUESTS, figures: ['gateway', 'gateway, claims changed', 'Redis, a load'] },
      { section: RECEIPTS, figures: ['p50', 'p99'] },
      { section: FOLLOWING, figures: ['gateway, % of a core', 'Redis, % of a core'] },
      { section: simulated.title, figures: ['used, %'] },
    ],
    targets: sessionTargets(run),
  }
}
