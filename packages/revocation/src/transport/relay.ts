import type { InstanceId } from '@portcullis/context'
import {
  connectRedis,
  createKeyspace,
  type Keyspace,
  leaveServer,
  type RedisRole,
  whenReady,
} from '@portcullis/redis'
import type { Clock } from '@portcullis/runtime'
import type { z } from 'zod'
import { RevocationError } from '../errors.ts'
import { createLogReader } from '../events/log-reader.ts'
import { acknowledgeScript, FOREIGN } from '../fence/fence-scripts.ts'
import { createRedisFences } from '../fence/redis-fences.ts'
import { formatAcknowledgement } from '../receipts/acknowledgements.ts'
import { createRelayedHints, type HearLine } from './relayed-hints.ts'
import { timeoutsOf } from './transport.ts'
import {
  type RelayedCall,
  relayedAcknowledgementsSchema,
  relayedFenceSchema,
  relayedHintsSchema,
  relayedLeaveSchema,
  relayedLogSchema,
} from './wire.ts'

export interface RelayOptions {
  readonly redisUrl: string
  /** First part of the connections' names, which are its own: nothing of the gateway's waits behind a relayed fence. */
  readonly name: string
  readonly keyspace?: Keyspace | undefined
  readonly replicas?: number | undefined
  /** The gateway's own lease, milliseconds. How long a command may take follows from it. Default 5,000. */
  readonly leaseMs?: number | undefined
  /** Longest lease that a member record may claim, milliseconds: whoever revokes may wait as long. Default 300,000. */
  readonly longestLeaseMs?: number | undefined
  readonly clock: Clock
}

/**
 * Does for services that have no Redis what their own connections would do: the same fence with the same proof, in their
 * name. A service can write no record but its own, is never a driver, opens no history and raises no barrier.
 */
export interface Relay extends Disposable {
  /**
   * @param service Who asks, as authenticated.
   * @throws {RevocationError} `ERR_RELAY_MALFORMED`, `ERR_MEMBER_FOREIGN`. {RedisError} when Redis does not answer.
   */
  answer(call: LogCall, service: string, body: unknown): Promise<unknown>
  /**
   * Hands on what is published, line by line.
   *
   * @returns what ends it.
   * @throws {RevocationError} `ERR_RELAY_MALFORMED`
   */
  hear(body: unknown, hearer: HearLine): () => void
}

/** Those that are about the log and answered at once. */
type LogCall = Exclude<RelayedCall, 'hints' | 'principal' | 'revoke'>

/** Time without a proof, in leases, until the server is left: it hangs or was deposed. */
const PATIENCE = 3 / 8
const START_TIMEOUT_MS = 10_000

/**
 * Resolves when it is connected.
 *
 * @throws {RedisError} `ERR_REDIS_UNAVAILABLE` when Redis does not answer in ten seconds.
 */
export async function createRelay(options: RelayOptions): Promise<Relay> {
  const { keyspace = createKeyspace(), replicas = 0, clock } = options
  const { leaseMs = 5_000, longestLeaseMs = 300_000 } = options
  const { commandTimeoutMs, waitMs } = timeoutsOf(leaseMs)
  const connect = (role: RedisRole) =>
    connectRedis({ url: options.redisUrl, role, name: `${options.name}-relay`, commandTimeoutMs })
  const sockets = {
    fence: connect('fence'),
    acknowledgements: connect('acknowledgements'),
    subscriber: connect('subscriber'),
  }
  const log = createLogReader({ connect: () => connect('commands'), keyspace })
  const hints = createRelayedHints(sockets.subscriber, keyspace)

  function disconnect() {
    hints[Symbol.dispose]()
    log[Symbol.dispose]()
    for (const socket of Object.values(sockets)) socket.disconnect()
  }

  try {
    await Promise.all(Object.values(sockets).map((socket) => whenReady(socket, START_TIMEOUT_MS)))
  } catch (error) {
    disconnect()
    throw error
  }
  let wellAt = clock.now()

  const fencesOf = (onBehalfOf: string) =>
    createRedisFences({ redis: sockets.fence, keyspace, replicas, waitMs, onBehalfOf })

  // By time and not by count: with many services at once a connection could never be made anew.
  function leaveIfLost() {
    if (clock.now() - wellAt < leaseMs * PATIENCE) return
    wellAt = clock.now()
    Object.values(sockets).forEach(leaveServer)
  }

  async function fence(service: string, body: unknown) {
    const request = read(relayedFenceSchema, body)
    const { record } = request
    if (record.leaseMs > longestLeaseMs) throw new RevocationError('ERR_RELAY_MALFORMED')
    if (record.service !== service || record.drives) throw new RevocationError('ERR_MEMBER_FOREIGN')
    const answer = await fencesOf(service)
      .fence(request)
      .catch((error: unknown) => {
        if (!isForeign(error)) leaveIfLost()
        throw error
      })
    if (answer.isProven) wellAt = clock.now()
    else leaveIfLost()
    return { ...answer, fences: record.fences }
  }

  async function acknowledge(onBehalfOf: string, body: unknown) {
    const { instance, originators, position } = read(relayedAcknowledgementsSchema, body)
    const message = formatAcknowledgement(instance, position)
    const input = { keyspace, instance, onBehalfOf, message, originators }
    const said = await acknowledgeScript.run(sockets.acknowledgements, input)
    if (said === FOREIGN) throw new RevocationError('ERR_MEMBER_FOREIGN')
    return {}
  }

  async function leave(service: string, body: unknown) {
    await fencesOf(service).remove(read(relayedLeaveSchema, body).instance)
    return {}
  }

  async function readLog(_service: string, body: unknown) {
    const { after, limit } = read(relayedLogSchema, body)
    return { reply: await log.readReply(after, limit) }
  }

  const calls = { fence, acknowledgements: acknowledge, leave, log: readLog }

  return {
    answer: (call, service, body) => calls[call](service, body),
    hear(body, hearer) {
      const { instance }: { instance: InstanceId } = read(relayedHintsSchema, body)
      return hints.hear(instance, hearer)
    },
    [Symbol.dispose]: disconnect,
  }
}

function read<Value>(schema: z.ZodType<Value>, body: unknown): Value {
  const parsed = schema.safeParse(body)
  if (!parsed.success) throw new RevocationError('ERR_RELAY_MALFORMED', { cause: parsed.error })
  return parsed.data
}

function isForeign(error: unknown): boolean {
  return error instanceof RevocationError && error.code === 'ERR_MEMBER_FOREIGN'
}
