import type { Cut } from './cuttable-redis.ts'
import { type PeerFleet, startFleets } from './fleet.ts'
import { type Ending, watchEnding } from './watch.ts'

export interface PeersPlan {
  readonly rounds: number
  readonly instances: number
  /** Sessions that are ended in each round where nothing is cut, of those who refuse at once. */
  readonly samples: number
  readonly boundMs: number
}

export const CUTS: readonly Cut[] = ['none', 'subscriber', 'all']

/** Endings by the kind's name and what was cut, a list for each round. */
export type PeersRun = ReadonlyMap<string, Readonly<Record<Cut, readonly (readonly Ending[])[]>>>

/** Beyond the bound: an answer that does not come, and being busy. */
const SLACK_MS = 10_000
const PROMPT_PAUSE_MS = 2
/** Where seconds pass, and all kinds are watched at once. */
const PATIENT_PAUSE_MS = 20

/**
 * Ends sessions behind several instances, in turn with each kind.
 *
 * @param say Told what comes next.
 */
export async function measurePeers(
  plan: PeersPlan,
  say: (line: string) => void,
): Promise<PeersRun> {
  say(`starting ${plan.instances} instances of each peer`)
  await using held = new AsyncDisposableStack()
  const fleets = await startFleets(plan)
  for (const fleet of fleets) held.use(fleet)
  const run = new Map(fleets.map(({ kind }) => [kind.name, emptyRounds()]))
  for (let number = 1; number <= plan.rounds; number += 1) {
    for (const cut of CUTS) {
      say(`peers, round ${number} of ${plan.rounds}, cut: ${cut}`)
      const endings = await measureCut(plan, fleets, cut)
      for (const [name, round] of endings) run.get(name)?.[cut].push(round)
    }
  }
  return run
}

const emptyRounds = (): Record<Cut, Ending[][]> => ({ none: [], subscriber: [], all: [] })

async function measureCut(
  { samples, boundMs }: PeersPlan,
  fleets: readonly PeerFleet[],
  cut: Cut,
): Promise<[name: string, Ending[]][]> {
  const concerned = fleets.filter(({ kind }) => kind.cuts.includes(cut))
  const limitMs = boundMs + SLACK_MS
  const isPrompt = ({ kind }: PeerFleet) => cut === 'none' && kind.isPrompt
  const endings = new Map<string, Ending[]>(concerned.map(({ kind }) => [kind.name, []]))
  const watch = async (fleet: PeerFleet, pauseMs: number) => {
    const ending = await watchEnding(fleet, { cut, pauseMs, limitMs })
    endings.get(fleet.kind.name)?.push(ending)
  }
  for (let sample = 0; sample < samples; sample += 1) {
    for (const fleet of concerned.filter(isPrompt)) await watch(fleet, PROMPT_PAUSE_MS)
  }
  const patient = concerned.filter((fleet) => !isPrompt(fleet))
  await Promise.all(patient.map((fleet) => watch(fleet, PATIENT_PAUSE_MS)))
  return [...endings]
}
