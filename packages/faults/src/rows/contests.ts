import { startConnectRedis } from '../contest/connect-redis.ts'
import type { Contestant } from '../contest/contestant.ts'
import { startPortcullis } from '../contest/portcullis.ts'
import { startPubSubCache } from '../contest/pub-sub-cache.ts'

/** The same Sentinel failovers for a session layer of some kind. */
export interface ContestRow {
  readonly name: string
  /** `compared`: it is not held to what it does not promise. */
  readonly budget: 'within' | 'compared'
  readonly trials: number
  readonly leaseMs: number
  readonly contest: () => Promise<Contestant>
}

const FLUSHED = ['--appendonly', 'yes', '--appendfsync', 'always']
const SETTING = { kind: 'sentinel', downAfterMs: 1_000, args: FLUSHED } as const
const SHARED = { trials: 20, leaseMs: 1_000 } as const

/** Twenty failovers each, under load, with sessions that end all the time. */
export const contestRows: readonly ContestRow[] = [
  {
    ...SHARED,
    name: 'failovers: Portcullis',
    budget: 'within',
    contest: () => startPortcullis(SETTING, SHARED.leaseMs),
  },
  {
    ...SHARED,
    name: 'failovers: express-session with connect-redis',
    budget: 'compared',
    contest: () => startConnectRedis(SETTING),
  },
  {
    ...SHARED,
    name: 'failovers: cache with pub/sub invalidation',
    budget: 'compared',
    contest: () => startPubSubCache(SETTING),
  },
]
