import { CACHED_SESSIONS } from '../population/servers.ts'
import { medianFigure } from '../report/figures.ts'
import { createTarget, type Row, type Section, type Target } from '../report/result.ts'
import type { Findings } from '../report/run-part.ts'
import { KIND_NAMES, KINDS, type KindName } from './kinds/kinds.ts'
import type { Run } from './run.ts'

/** Bytes of Redis that a subject with one session may take, claims apart. */
const SUBJECT_LIMIT = 320

const REDIS = 'memory of Redis for a session'
const HEAP = 'memory of the gateway’s process for sessions that were used'

export function summarize(run: Run): Findings {
  const { sizes } = largest(run)
  return {
    redisVersion: run.redisVersion,
    notes: [
      'Each kind has a server of its own. What it uses, without its clients’ connections, is read when it has come to rest, before and after; the difference is divided by the sessions.',
      ...KIND_NAMES.map((name) => KINDS[name].note),
    ],
    sections: [redisSection(run), heapSection(run)],
    highlights: KIND_NAMES.map((name) => ({
      section: REDIS,
      row: rowName(name, (run.redis[name].bySize.at(-1) ?? sizes).sessions),
      figure: 'bytes',
    })),
    charts: [
      { section: REDIS, figures: ['bytes'] },
      { section: HEAP, figures: ['KiB a session'] },
    ],
    targets: targetsOf(run),
  }
}

function largest({ redis }: Run) {
  const sizes = redis.portcullis.bySize.at(-1)
  if (!sizes) throw new TypeError('no sizes')
  return { sizes }
}

const count = (number: number) => number.toLocaleString('en-US')
const rowName = (name: KindName, sessions: number) => `${KINDS[name].name}, ${count(sessions)}`

function redisSection({ redis }: Run): Section {
  return {
    title: REDIS,
    unit: 'bytes',
    notes: [
      'A further session is one more of somebody who has one. Claims are two permissions, one membership with two roles and two permissions, and two values of a team’s own; they are a cache, kept for 30 days after they were last asked for.',
    ],
    rows: KIND_NAMES.flatMap((name) => {
      const { bySize, further, claims } = redis[name]
      const label = KINDS[name].name
      return [
        ...bySize.map(({ sessions, bytes }) => bytesRow(rowName(name, sessions), sessions, bytes)),
        bytesRow(`${label}, a further session`, further.sessions, further.bytes),
        ...(claims ? [bytesRow(`${label}, cached claims`, claims.people, claims.bytes)] : []),
      ]
    }),
  }
}

function bytesRow(name: string, samples: number, bytes: number): Row {
  return { name, samples, figures: { bytes: medianFigure([bytes]) } }
}

function heapSection({ heap }: Run): Section {
  return {
    title: HEAP,
    unit: 'see column',
    notes: [
      'Heap and buffers after a collection, more than before: key, session, claims, principal and a signed context for one service.',
      `A gateway keeps ${count(CACHED_SESSIONS)} sessions, so that this ends there, however many there are in Redis.`,
    ],
    rows: heap.map(({ sessions, bytes }) => ({
      name: `${count(sessions)} used`,
      samples: sessions,
      figures: {
        'KiB a session': medianFigure([bytes / Math.min(sessions, CACHED_SESSIONS) / 1_024]),
        'MiB in all': medianFigure([bytes / 2 ** 20]),
      },
    })),
  }
}

function targetsOf({ redis }: Run): Target[] {
  const sizes = redis.portcullis.bySize
  const worst = Math.max(...sizes.map(({ bytes }) => bytes))
  const looked = sizes.map(({ sessions }) => count(sessions)).join(', ')
  return [
    createTarget({
      name: `a subject with one session in Redis, claims apart, the worst of ${looked} sessions`,
      value: worst,
      limit: SUBJECT_LIMIT,
      unit: 'bytes',
    }),
  ]
}
