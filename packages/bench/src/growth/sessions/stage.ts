import { randomBytes } from 'node:crypto'
import { declareNewInstallation } from '@portcullis/revocation'
import { startRedis } from '@portcullis/testing'
import { Redis } from 'ioredis'
import { settledBytes } from '../../memory/redis-memory.ts'
import type { ScriptPeer } from '../../peers/peer.ts'
import { type Person, startPeople } from '../../population/people.ts'
import { startGateway } from '../../population/servers.ts'
import { type Changer, createChanger } from '../changer.ts'
import { readServer, useBetween } from '../server-counters.ts'

/** Gateways over a Redis with so many live sessions. */
export interface Stage extends AsyncDisposable {
  readonly sessions: number
  readonly redis: Redis
  /** Several: processes of one kind differ by more than what is looked for. */
  readonly gateways: readonly [ScriptPeer, ...ScriptPeer[]]
  readonly changer: Changer
  /** Pepper of the installation. */
  readonly secret: string
  /** Whose sessions are used, spread over all. */
  readonly people: readonly Person[]
  /** Of Redis, each. */
  readonly sessionBytes: number
  /** Processor time of Redis to start one, in microseconds. */
  readonly startUs: number
}

export interface StageOptions {
  readonly sessions: number
  readonly people: number
  readonly gateways: number
  /** Where the service is. */
  readonly orders: string
}

export async function setStage(options: StageOptions): Promise<Stage> {
  const { sessions, orders } = options
  await using held = new AsyncDisposableStack()
  const { url: redisUrl } = held.use(await startRedis())
  await declareNewInstallation({ redisUrl })
  const secret = randomBytes(32).toString('base64url')
  const redis = held.adopt(new Redis(redisUrl), (each) => each.disconnect())
  const start = async () => held.use(await startGateway({ redisUrl, orders, secret }))
  const gateways: [ScriptPeer, ...ScriptPeer[]] = [await start()]
  while (gateways.length < options.gateways) gateways.push(await start())
  const changer = held.use(await createChanger({ redisUrl, secret }))
  const [bytesBefore, before] = [await settledBytes(redis), await readServer(redis)]
  const people = await startPeople(changer.store, sessions, options.people)
  const after = await readServer(redis)
  const owned = held.move()
  return {
    sessions,
    redis,
    gateways,
    changer,
    secret,
    people,
    sessionBytes: ((await settledBytes(redis)) - bytesBefore) / sessions,
    startUs: useBetween(before, after, sessions).processorUs,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}
