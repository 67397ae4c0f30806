import { randomBytes } from 'node:crypto'
import { declareNewInstallation } from '@portcullis/revocation'
import { startRedis } from '@portcullis/testing'
import { Redis } from 'ioredis'
import type { Peer } from '../../peers/peer.ts'
import { cookieOf, startPeople } from '../../population/people.ts'
import { startGateway, startService } from '../../population/servers.ts'
import { type Changer, createChanger } from '../changer.ts'
import { type EventSource, startEventSource } from './event-source.ts'

/** A gateway that follows a log, and whoever writes in it. */
export interface Setting extends AsyncDisposable {
  readonly gateway: Peer
  readonly redis: Redis
  readonly changer: Changer
  readonly source: EventSource
  readonly cookies: readonly string[]
}

const PEOPLE = 100

export async function createSetting(): Promise<Setting> {
  await using held = new AsyncDisposableStack()
  const { url: redisUrl } = held.use(await startRedis())
  await declareNewInstallation({ redisUrl })
  const redis = held.adopt(new Redis(redisUrl), (each) => each.disconnect())
  const secret = randomBytes(32).toString('base64url')
  const { url: orders } = held.use(await startService())
  const gateway = held.use(await startGateway({ redisUrl, orders, secret }))
  const changer = held.use(await createChanger({ redisUrl, secret }))
  const people = await startPeople(changer.store, PEOPLE, PEOPLE)
  const cookies = people.map(cookieOf)
  const source = held.use(startEventSource(redisUrl, secret))
  const owned = held.move()
  return {
    ...{ gateway, redis, changer, source, cookies },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}
