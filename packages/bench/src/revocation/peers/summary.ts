import { percentileFigure, type Rounds } from '../../report/figures.ts'
import { createTarget, type Row, type Section } from '../../report/result.ts'
import type { Findings } from '../../report/run-part.ts'
import type { Cut } from './cuttable-redis.ts'
import { KINDS } from './kinds.ts'
import { CUTS, type PeersPlan, type PeersRun } from './measure-peers.ts'
import type { Ending } from './watch.ts'

export type PeersSummary = Pick<Findings, 'sections' | 'highlights' | 'charts' | 'targets'>

const CUT_NAMES: Record<Cut, string> = {
  none: 'nothing cut off',
  subscriber: "the last one's subscriber cut off",
  all: 'the last one cut off from Redis',
}
const REFUSES = 'last refuses'
const AFTER = 'accepted after return'
const ACCEPTED = 'requests accepted after the call returned, most for one session'
const NOTES = [
  'From asking the first instance to end a session until each instance was seen to refuse it, until the call returned, and from then to the last request that was sent and still accepted. One without an answer within a second is not accepted. Cut off: what Redis sends is lost and no connection closes. Who has no subscriber is not in that table.',
]

export function summarizePeers(plan: PeersPlan, run: PeersRun): PeersSummary {
  const titleOf = (cut: Cut) => `sign-out, ${plan.instances} instances, ${CUT_NAMES[cut]}`
  const quoted = [KINDS.portcullis.name, KINDS.localCache.name]
  return {
    sections: [
      ...CUTS.map((cut) => endingSection(run, cut, titleOf(cut))),
      acceptedSection(plan, run),
    ],
    highlights: [
      ...quoted.map((row) => ({ section: titleOf('subscriber'), row, figure: AFTER })),
      { section: titleOf('none'), row: KINDS.betterAuth.name, figure: AFTER },
    ],
    charts: (['none', 'all'] as const).map((cut) => ({
      section: titleOf(cut),
      figures: [REFUSES, AFTER],
    })),
    targets: [
      createTarget({
        name: 'Portcullis: requests accepted after the call returned, whatever was cut off',
        value: Math.max(
          ...CUTS.flatMap((cut) => acceptedIn(run, KINDS.portcullis.name, cut).flat()),
        ),
        limit: 0,
        unit: 'requests',
      }),
    ],
  }
}

function endingsOf(run: PeersRun, name: string, cut: Cut, of: (ending: Ending) => number): Rounds {
  return (run.get(name)?.[cut] ?? []).map((round) => round.map(of))
}

const acceptedIn = (run: PeersRun, name: string, cut: Cut) =>
  endingsOf(run, name, cut, ({ acceptedAfter }) => acceptedAfter)

function endingSection(run: PeersRun, cut: Cut, title: string): Section {
  const names = [...run.keys()].filter((name) => run.get(name)?.[cut].length)
  const rows = names.map((name): Row => {
    const median = (of: (ending: Ending) => number) =>
      percentileFigure(endingsOf(run, name, cut, of), 0.5)
    return {
      name,
      samples: acceptedIn(run, name, cut).flat().length,
      figures: {
        [REFUSES]: median(({ lastRefusesMs }) => lastRefusesMs),
        'call returned': median(({ returnedMs }) => returnedMs),
        [AFTER]: median(({ acceptedAfterMs }) => acceptedAfterMs),
      },
    }
  })
  return { title, unit: 'ms', notes: NOTES, rows }
}

function acceptedSection({ boundMs }: PeersPlan, run: PeersRun): Section {
  const rows = [...run.keys()].map((name): Row => {
    const cuts = CUTS.filter((cut) => run.get(name)?.[cut].length)
    const figures = cuts.map((cut) => [
      CUT_NAMES[cut],
      percentileFigure(acceptedIn(run, name, cut), 1),
    ])
    const samples = cuts.flatMap((cut) => acceptedIn(run, name, cut).flat()).length
    return { name, samples, figures: Object.fromEntries(figures) }
  })
  return {
    title: ACCEPTED,
    unit: 'requests',
    notes: [
      `What may be used without asking is bounded to ${boundMs} ms for all: the lease of Portcullis, the time to live of bentocache (30 s unless one says otherwise), the maximum age of Better Auth's cookie cache (5 minutes). The denylist is read for every request.`,
    ],
    rows,
  }
}
