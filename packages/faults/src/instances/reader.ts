import type { Position } from '@portcullis/context'
import { createFollower, type PrincipalKeys } from '@portcullis/revocation'
import { createLogger } from '@portcullis/runtime'
import { createSessionStore, type LoadedSession } from '@portcullis/sessions'
import { instant, type Outcome, type Recorder } from '../history/history.ts'
import { type Admits, admittedRightly } from '../wrong-forms/fills.ts'
import type { Secrets } from './secrets.ts'
import type { Visitor } from './visitor.ts'

export interface ReaderOptions {
  readonly name: string
  readonly redisUrl: string
  readonly secrets: Secrets
  readonly leaseMs: number
  readonly replicas: number
  /** Default by the rule. */
  readonly admits?: Admits
  /** Whether it leaves a server that answers under an earlier epoch than its own. Default true. */
  readonly leavesDeposed?: boolean
}

/** An instance that keeps sessions in memory with nothing but the packages' follower and store. */
export interface Reader extends AsyncDisposable {
  readonly name: string
  ask(visitor: Visitor, recorder: Recorder): Promise<void>
}

const logger = createLogger({ name: 'faults', level: 'silent' })
const MAX_LOADS = 4

interface Kept {
  readonly keys: PrincipalKeys
  checkedAt: Position
}

export async function startReader(options: ReaderOptions): Promise<Reader> {
  const { name, redisUrl, secrets, leaseMs, replicas, admits = admittedRightly } = options
  const { pepper, tokenKeys } = secrets
  const follower = await createFollower({ redisUrl, name, logger, leaseMs, replicas })
  const adoptedEpoch = () => (options.leavesDeposed === false ? 0 : follower.position.epoch)
  const store = await createSessionStore({ redisUrl, name, pepper, tokenKeys, adoptedEpoch })
  const kept = new Map<string, Kept>()
  follower.onReset(() => kept.clear())

  /** Decides in one step, without a wait. */
  function isCurrent(entry: Kept): boolean {
    if (!follower.isFresh() || follower.isStale(entry.keys, entry.checkedAt)) return false
    entry.checkedAt = follower.position
    return true
  }

  function admitted({ session, point }: LoadedSession): Kept | undefined {
    const { id, subject, organization } = session
    const keys = { session: id, subject, organization }
    if (!admits(follower, point, keys)) return undefined
    return { keys, checkedAt: follower.position }
  }

  async function load(cookie: string): Promise<Outcome> {
    for (let loads = 0; loads < MAX_LOADS; loads += 1) {
      const loaded = await store.load(cookie)
      if (!loaded) return 'refused'
      if (loaded.point.position.seq > follower.position.seq) await follower.catchUp()
      const entry = admitted(loaded)
      if (!entry) continue
      kept.set(cookie, entry)
      if (isCurrent(entry)) return 'accepted'
    }
    return 'unverifiable'
  }

  async function decide(cookie: string): Promise<Outcome> {
    if (!follower.isFresh()) await follower.catchUp()
    if (!follower.isFresh()) return 'unverifiable'
    const entry = kept.get(cookie)
    if (entry && isCurrent(entry)) return 'accepted'
    return load(cookie)
  }

  return {
    name,
    async ask({ name: session, cookie }, recorder) {
      const earliest = instant()
      const outcome = await decide(cookie).catch((): Outcome => 'unverifiable')
      const decided = { instance: name, session, earliest, latest: instant(), outcome }
      recorder.decided({ ...decided, claimsVersion: null, via: 'request' })
    },
    async [Symbol.asyncDispose]() {
      await follower[Symbol.asyncDispose]()
      await store[Symbol.asyncDispose]()
    },
  }
}
