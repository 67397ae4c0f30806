import type { InstanceId } from '@portcullis/context'
import {
  connectRedis,
  createKeyspace,
  createSpeaker,
  type Keyspace,
  leaveServer,
  type RedisRole,
  whenReady,
} from '@portcullis/redis'
import type { Clock } from '@portcullis/runtime'
import { createLogReader } from '../events/log-reader.ts'
import { createRedisFences, majorityOf } from '../fence/redis-fences.ts'
import { formatAcknowledgement } from '../receipts/acknowledgements.ts'
import { createDurability } from '../receipts/durability.ts'
import { type Transport, timeoutsOf } from './transport.ts'

export interface RedisTransportOptions {
  readonly redisUrl: string
  readonly name: string
  readonly instance: InstanceId
  readonly keyspace?: Keyspace | undefined
  readonly replicas?: number | undefined
  readonly leaseMs: number
  readonly clock: Clock
}

const FAILURES_BEFORE_LEAVING = 3

/** Straight to Redis, with a connection for each use. */
export function createRedisTransport(options: RedisTransportOptions): Transport {
  const { instance, keyspace = createKeyspace(), replicas = 0, clock } = options
  const { commandTimeoutMs, waitMs } = timeoutsOf(options.leaseMs)
  const connect = (role: RedisRole) =>
    connectRedis({ url: options.redisUrl, role, name: options.name, commandTimeoutMs })
  const sockets = {
    fence: connect('fence'),
    acknowledgements: connect('acknowledgements'),
    subscriber: connect('subscriber'),
  }
  const { fence, subscriber } = sockets
  const speaker = createSpeaker(sockets.acknowledgements)
  const connectCommands = () => connect('commands')
  const durability = createDurability({
    connect: connectCommands,
    keyspace,
    replicas,
    waitMs,
    clock,
  })
  const log = createLogReader({ connect: connectCommands, keyspace })

  return {
    fences: createRedisFences({ redis: fence, keyspace, replicas, waitMs }),
    log,
    durability,
    isProven: ({ copies, attached }) => copies >= majorityOf(replicas) && attached <= replicas,
    failuresBeforeLeaving: FAILURES_BEFORE_LEAVING,

    async acknowledge(originators, position) {
      const message = formatAcknowledgement(instance, position)
      for (const originator of originators) {
        speaker.say(keyspace.acknowledgements(originator), message)
      }
    },

    hear(listener) {
      const acknowledgements = keyspace.acknowledgements(instance)
      subscriber.on('message', (channel, message: string) => {
        if (channel === acknowledgements) listener.onAcknowledgement(message)
        else listener.onHint(message)
      })
      subscriber.on('ready', () => {
        const { onGap } = listener
        subscriber.subscribe(keyspace.hints, acknowledgements).then(onGap, onGap)
      })
    },

    whenReady: (timeoutMs) => whenReady(fence, timeoutMs),
    onReady: (listener) => void fence.on('ready', listener),
    leaveServer: () => Object.values(sockets).forEach(leaveServer),

    [Symbol.dispose]() {
      durability[Symbol.dispose]()
      log[Symbol.dispose]()
      for (const socket of Object.values(sockets)) socket.disconnect()
    },
  }
}
