import { latencyRow, medianFigure } from '../report/figures.ts'
import { createTarget, type Row, type Section, type Target } from '../report/result.ts'
import type { Findings } from '../report/run-part.ts'
import type { Plan } from './plan.ts'
import type { Run, SizeRun } from './run-rounds.ts'

const NOTES = [
  'One permission is given to a role and taken back, in turn, while every member has a live session. Gateways and service are processes of their own; the owner of the rules answers over HTTP.',
  'An instance decides by the new rule when a request through it to the service is answered by it; it is asked without a pause.',
]

export function summarize(plan: Plan, run: Run): Findings {
  const { rounds, instances, concurrency } = plan
  return {
    redisVersion: run.redisVersion,
    notes: [
      ...NOTES,
      `${rounds} edits at each size, ${instances} gateways, ${concurrency} requests under way at once.`,
    ],
    sections: [propagationSection(run), commandSection(run), requestSection(run), costSection(run)],
    ...excerptOf(run),
    targets: targetsOf(run),
  }
}

const PROPAGATION = 'from the edit'
const COMMANDS = 'Redis commands of one edit and of a request of each member after it'
const receiptRow = (members: number) => `${members} members, until the receipt says so`
const rewritingRow = (sessions: number) => `${sessions} sessions rewritten`

/** What is quoted and drawn: the edit of a large organization's role beside rewriting its sessions. */
function excerptOf({ sizes: [, many], rewriting }: Run): Pick<Findings, 'highlights' | 'charts'> {
  const { members } = many
  const rewritten = rewritingRow(rewriting.sessions)
  return {
    highlights: [
      { section: PROPAGATION, row: receiptRow(members), figure: 'p50' },
      { section: PROPAGATION, row: rewritten, figure: 'p50' },
      { section: COMMANDS, row: `${members} members`, figure: 'commands' },
      { section: COMMANDS, row: rewritten, figure: 'commands' },
    ],
    charts: [
      { section: PROPAGATION, figures: ['p50'] },
      { section: COMMANDS, figures: ['commands'] },
    ],
  }
}

function propagationSection({ sizes, rewriting }: Run): Section {
  const row = (name: string, times: number[]): Row =>
    latencyRow(
      name,
      times.map((ms) => [ms]),
    )
  return {
    title: PROPAGATION,
    unit: 'ms',
    notes: ['Rewriting: SCAN, and GET and SET of each session by connect-redis, 200 at once.'],
    rows: [
      ...sizes.flatMap(({ members, rounds }) => [
        row(
          `${members} members, until the last instance decides by it`,
          rounds.map(({ propagation }) => propagation.lastDecidesMs),
        ),
        row(
          receiptRow(members),
          rounds.map(({ propagation }) => propagation.enforcedMs),
        ),
      ]),
      row(rewritingRow(rewriting.sessions), [rewriting.ms]),
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
    title: COMMANDS,
    unit: 'commands',
    notes: [
      'A script counts once. That a session is used is noted at most once a minute, up to a hundred in one script, and fences and acknowledgements are sent at their own pace: neither is for the edit.',
    ],
    rows: [
      ...sizes.map(({ members, commands }) =>
        row(`${members} members`, {
          commands: commands.commands,
          'use of sessions noted': commands.touches,
          'fences, acknowledgements': commands.upkeep,
        }),
      ),
      row(rewritingRow(rewriting.sessions), { commands: rewriting.commands }),
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
  const [few, many] = sizes
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
