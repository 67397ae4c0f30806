import { declareNewInstallation } from '@portcullis/revocation'
import { startRedis } from '@portcullis/testing'
import { signIn } from '../peers/browser.ts'
import { latencyRow, medianFigure, ratioFigure } from '../report/figures.ts'
import type { Mode } from '../report/mode.ts'
import { createTarget, type Row, type Section, type Target } from '../report/result.ts'
import { type Child, startChild } from './streams/child.ts'
import { holdStreams, timeQueries } from './streams/client.ts'

interface StreamsPlan {
  readonly rounds: number
  readonly streams: number
  /** Who holds them, all the same number. */
  readonly people: number
  /** Queries timed in each round, without the streams and with them. */
  readonly queries: number
}

const USUAL: StreamsPlan = { rounds: 5, streams: 2_000, people: 100, queries: 2_000 }

export function streamsPlanFor(mode: Mode): StreamsPlan {
  return mode === 'quick' ? { ...USUAL, rounds: 1, queries: 1_000 } : USUAL
}

interface Round {
  readonly without: readonly number[]
  readonly beside: readonly number[]
  /** From asking for the revocation until the last client has seen its stream end, milliseconds. */
  readonly goneMs: number
  /** Bytes of heap and buffers that a stream takes in the gateway, and of resident memory. */
  readonly heapBytes: number
  readonly residentBytes: number
}

/**
 * Open streams beside queries, their memory, and how soon they are gone.
 *
 * @param say Told what comes next.
 */
export async function measureStreams(
  plan: StreamsPlan,
  say: (line: string) => void,
): Promise<{ sections: Section[]; targets: Target[] }> {
  await using redis = await startRedis()
  await declareNewInstallation({ redisUrl: redis.url })
  await using service = await startChild('service')
  const args = [redis.url, service.url, String(plan.streams)]
  await using gateway = await startChild('gateway', args)
  const observer = await signIn(gateway.url, 'observer')
  await timeQueries(gateway.url, observer, plan.queries)
  const rounds: Round[] = []
  for (let number = 1; number <= plan.rounds; number += 1) {
    say(`open streams, round ${number} of ${plan.rounds}`)
    rounds.push(await runRound(plan, gateway, observer, number))
  }
  return { sections: sectionsOf(plan, rounds), targets: targetsOf(rounds) }
}

async function runRound(
  { streams, people, queries }: StreamsPlan,
  gateway: Child,
  observer: string,
  index: number,
): Promise<Round> {
  const { url } = gateway
  const names = Array.from({ length: people }, (_, i) => `r${index}p${i}`)
  const cookies = await Promise.all(names.map((name) => signIn(url, name)))
  const [heapBefore = 0, residentBefore = 0] = await gateway.ask({ do: 'memory' })
  const without = await timeQueries(url, observer, queries)
  const { ended } = await holdStreams(url, cookies, streams / people)
  const [heap = 0, resident = 0] = await gateway.ask({ do: 'memory' })
  const beside = await timeQueries(url, observer, queries)
  const askedAt = performance.now()
  await gateway.ask({ do: 'revoke', people: names })
  const goneMs = (await ended) - askedAt
  const heapBytes = (heap - heapBefore) / streams
  const residentBytes = (resident - residentBefore) / streams
  return { without, beside, goneMs, heapBytes, residentBytes }
}

function sectionsOf({ streams, people }: StreamsPlan, rounds: readonly Round[]): Section[] {
  const without = rounds.map((round) => round.without)
  const beside = rounds.map((round) => round.beside)
  return [
    {
      title: `queries beside ${streams} open event streams of ${people} people`,
      unit: 'ms',
      notes: ['One query after the other; each stream gets an event every 10 s.'],
      rows: [latencyRow('without streams', without), latencyRow('beside the streams', beside)],
    },
    {
      title: `memory of an open event stream in the gateway, of ${streams}`,
      unit: 'KiB',
      notes: [
        'Both its sockets included, without the buffers of the kernel. Resident memory is that of the first round: it is not given back.',
      ],
      rows: [
        memoryRow(
          'heap and buffers',
          rounds.map(({ heapBytes }) => heapBytes),
        ),
        memoryRow(
          'resident',
          rounds.slice(0, 1).map(({ residentBytes }) => residentBytes),
        ),
      ],
    },
    {
      title: `${streams} streams after the sessions of their ${people} people are ended`,
      unit: 'ms',
      notes: ['From asking the gateway until the last client has seen the end.'],
      rows: [goneRow(rounds)],
    },
  ]
}

function memoryRow(name: string, bytes: readonly number[]): Row {
  const kibibytes = bytes.map((each) => each / 1_024)
  return { name, samples: bytes.length, figures: { each: medianFigure(kibibytes) } }
}

function goneRow(rounds: readonly Round[]): Row {
  const times = rounds.map(({ goneMs }) => goneMs)
  return { name: 'all gone', samples: times.length, figures: { took: medianFigure(times) } }
}

function targetsOf(rounds: readonly Round[]): Target[] {
  const without = rounds.map((round) => round.without)
  const beside = rounds.map((round) => round.beside)
  return [
    createTarget({
      name: 'p99 of a query beside the open streams / without them',
      value: ratioFigure(beside, without, 0.99).value,
      limit: 2,
      unit: 'times',
    }),
    createTarget({
      name: 'all streams gone after a revocation of their subjects, slowest round',
      value: Math.max(...rounds.map(({ goneMs }) => goneMs)),
      limit: 1_000,
      unit: 'ms',
    }),
  ]
}
