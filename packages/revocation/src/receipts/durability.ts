import type { Position } from '@portcullis/context'
import {
  defineScript,
  type Keyspace,
  type Redis,
  RedisError,
  readLua,
  whenReady,
} from '@portcullis/redis'
import type { Clock } from '@portcullis/runtime'
import { hasApplied } from '../fence/member.ts'
import type { FillPoint } from '../log/applied-log.ts'
import { fillPointSchema, historyArgs, historyKeys, historyLua } from '../log/history.ts'
import { readPersistence } from './persistence.ts'
import type { Receipt } from './receipt.ts'
import type { Change } from './receipts.ts'

/** Finds out whether a failover or a restart could lose a change. */
export interface Durability extends Disposable {
  /** Connects ahead of the first change. */
  open(): void
  /**
   * Completes a change's receipt. What the replicas have is waited for with `wait: 'durable'` only; what one server has
   * comes with the change's own reply, or costs a round trip beside the receipt's own.
   */
  complete(change: Change, receipt: Promise<Receipt>): Promise<Receipt>
}

export interface DurabilityOptions {
  /** Opens a connection of its own: a WAIT here holds up no fence. */
  readonly connect: () => Redis
  readonly keyspace: Keyspace
  /** Replicas configured beside the primary. */
  readonly replicas: number
  /** How long they may take, in milliseconds. */
  readonly waitMs: number
  readonly clock: Clock
}

/** What one look at the server found. */
interface Look {
  /** Head of the log, and all up to it is meant. */
  readonly head: Position | undefined
  /** Whether what the server has answered survives its restart, or nothing does. */
  readonly isKept: boolean
  readonly copies: number
}

/** Looks at the server for one change that wants to be durable. */
const MAX_LOOKS = 4
const CONNECTION_WAIT_MS = 1_000

export function createDurability(options: DurabilityOptions): Durability {
  const { keyspace, replicas, waitMs, clock } = options
  let redis: Redis | undefined
  let isClosed = false

  function open(): Redis | undefined {
    if (!isClosed) redis ??= options.connect()
    return redis
  }

  // In one step on one socket: the WAIT is for that very write, and the settings are those of that very server.
  async function send(connection: Redis): Promise<Look> {
    const [point, isKept, copies] = await Promise.all([
      confirmScript.runLoaded(connection, { keyspace }),
      readPersistence(connection),
      replicas > 0 ? connection.call('WAIT', replicas, Math.ceil(waitMs)) : 0,
    ])
    return { head: point?.position, isKept, copies: Number(copies) }
  }

  async function look(): Promise<Look | undefined> {
    const connection = open()
    if (!connection) return undefined
    try {
      await whenReady(connection, CONNECTION_WAIT_MS)
      return await send(connection).catch(async (error) => {
        if (!isUnknown(error)) throw error
        await confirmScript.load(connection)
        return send(connection)
      })
    } catch {
      return undefined
    }
  }

  const shared = shareNext(look)

  function isDurableByReply({ proof }: Change): boolean {
    if (!proof?.isKept || proof.attached > replicas) return false
    return proof.copies >= replicas
  }

  async function isDurable(change: Change): Promise<boolean> {
    const { position, wait, proof } = change
    if (isDurableByReply(change)) return true
    // On one server there is nothing to wait for that would change the answer.
    if (proof && replicas === 0) return false
    for (let looks = 0; looks < MAX_LOOKS; looks += 1) {
      const found = await shared()
      if (!found?.head || !found.isKept || !hasApplied(found.head, position)) return false
      if (found.copies >= replicas) return true
      if (wait !== 'durable') return false
    }
    return false
  }

  return {
    open,

    async complete(change, pending) {
      const confirmed = isDurable(change)
      const receipt = await pending
      if (receipt.level === 'indeterminate') return receipt
      const isWaitedFor = change.wait === 'durable' || replicas === 0
      const durable = await (isWaitedFor ? confirmed : Promise.race([confirmed, false]))
      return { ...receipt, durable, tookMs: clock.now() - change.startedAt }
    },

    [Symbol.dispose]() {
      isClosed = true
      redis?.disconnect()
    },
  }
}

/** Callers who ask while one look is under way share the next, which begins after they asked. */
function shareNext<Found>(look: () => Promise<Found>): () => Promise<Found> {
  let running: Promise<Found> | undefined
  let next: Promise<Found> | undefined

  function start() {
    next = undefined
    const started = look().finally(() => {
      if (running === started) running = undefined
    })
    running = started
    return started
  }

  return () => {
    if (running) next ??= running.then(start, start)
    return next ?? start()
  }
}

function isUnknown(error: unknown): boolean {
  return error instanceof RedisError && error.code === 'ERR_REDIS_SCRIPT_UNKNOWN'
}

const confirmScript = defineScript<{ keyspace: Keyspace }, FillPoint | null>({
  source: [historyLua, readLua(import.meta.url, '../scripts/confirm.lua')],
  keys: ({ keyspace }) => historyKeys(keyspace),
  args: ({ keyspace }) => historyArgs(keyspace),
  reply: fillPointSchema.nullable(),
})
