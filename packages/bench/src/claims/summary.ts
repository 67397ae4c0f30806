import { latencyRow, medianFigure } from '../report/figures.ts'
import {
  type BenchResult,
  createTarget,
  type MachineFacts,
  type Row,
  type Section,
  type Target,
} from '../report/result.ts'
import type { Plan } from './plan.ts'
import type { Run, SizeRun } from './run-rounds.ts'

const NOTES = [
  'One permission is given to a role and taken back, in turn, while every member has a live session. Gateways and service are processes of their own; the owner of the rules answers over HTTP.',
  'An instance decides by the new rule when a request through it to the service is answered by it; it is asked without a pause.',
]

export function summarize(plan: Plan, run: Run, machine: MachineFacts): BenchResult {
  const { rounds, instances, concurrency } = plan
  return {
    part: 'claims',
    quick: plan.quick,
    machine,
    notes: [
      ...NOTES,
      `${rounds} edits at each size, ${instances} gateways, ${concurrency} requests under way at once.`,
    ],
    sections: [propagationSection(run), commandSection(run), requestSection(run), costSection(run)],
    targets: targetsOf(run),
  }
}

function propagationSection({ sizes, rewriting }: Run): Section {
  const row = (name: string, times: number[]): Row =>
    latencyRow(
      name,
      times.map((ms) => [ms]),
    )
  return {
    title: 'from the edit',
    unit: 'ms',
    notes: ['Rewriting: SCAN, and GET and SET of each session by connect-redis, 200 at once.'],
    rows: [
      ...sizes.flatMap(({ members, rounds }) => [
        row(
          `${members} members, until the last instance decides by it`,
          rounds.map(({ propagation }) => propagation.lastDecidesMs),
        ),
        row(
          `${members} members, until the receipt says so`,
          rounds.map(({ propagation }) => propagation.enforcedMs),
        ),
      ]),
      row(`${rewriting.sessions} sessions rewritten`, [rewriting.ms]),
    ],
  }
}

function commandSection({ sizes, rewriting }: Run): Section {
  const row = (name: string, figures: Record<string, number>): Row => ({
    name,
    samples: 1,
    figures: Object.fromEntries(
      Object.entries(figures).map(([figure, count]) => [figure, medianFigure([count])]),
    ),
  })
  return {
    title: 'Redis commands of one edit and of a request of each member after it',
    unit: 'commands',
    notes: ['A script counts once. Fences and acknowledgements are sent at their own pace.'],
    rows: [
      ...sizes.map(({ members, commands }) =>
        row(`${members} members`, {
          commands: commands.commands,
          'fences, acknowledgements': commands.upkeep,
        }),
      ),
      row(`${rewriting.sessions} sessions rewritten`, { commands: rewriting.commands }),
    ],
  }
}

function requestSection({ sizes }: Run): Section {
  return {
    title: 'requests of members',
    unit: 'ms',
    notes: [],
    rows: sizes.flatMap(({ members, rounds }) => [
      latencyRow(`${members} members, nothing changed`, latencies(rounds, 'before')),
      latencyRow(`${members} members, first after the edit`, latencies(rounds, 'after')),
    ]),
  }
}

function costSection({ sizes }: Run): Section {
  const cost = (rounds: SizeRun['rounds'], pass: 'before' | 'after') =>
    medianFigure(rounds.map((round) => round[pass].processorUs))
  return {
    title: 'processor time of gateways and service for one request',
    unit: 'us',
    notes: ['After the edit a context is signed and verified for each member.'],
    rows: sizes.map(({ members, rounds }) => ({
      name: `${members} members`,
      samples: latencies(rounds, 'after').flat().length,
      figures: { 'nothing changed': cost(rounds, 'before'), 'first after': cost(rounds, 'after') },
    })),
  }
}

function targetsOf({ sizes, rewriting }: Run): Target[] {
  const [few, many] = sizes as [SizeRun, SizeRun]
  const { commands } = many.commands
  return [
    createTarget({
      name: `commands of an edit with ${many.members} members / with ${few.members}`,
      value: commands / few.commands.commands,
      limit: 1.1,
      unit: 'times',
    }),
    createTarget({
      name: `commands of an edit with ${many.members} members / of rewriting as many sessions`,
      value: commands / rewriting.commands,
      limit: 1 / 1_000,
      unit: 'times',
    }),
  ]
}

function latencies(rounds: SizeRun['rounds'], pass: 'before' | 'after'): number[][] {
  return rounds.map((round) => round[pass].latencies)
}
