import { createKeyspace } from '@portcullis/redis'
import type { Follower } from '@portcullis/revocation'
import { Redis } from 'ioredis'
import { z } from 'zod'
import { believing } from './believing.ts'

const keys = createKeyspace()
const hintSchema = z.array(z.tuple([z.string(), z.array(z.string())]))

/** Acknowledges every event as it is published, whether or not the follower has got so far. */
export function acknowledgeAtOnce(follower: Follower, redisUrl: string): Follower {
  const url = withoutUser(redisUrl)
  const subscriber = new Redis(url)
  const publisher = new Redis(url)
  for (const redis of [subscriber, publisher]) redis.on('error', leaveToReconnect)
  subscriber.subscribe(keys.hints).catch(leaveToReconnect)
  subscriber.on('message', (_, message: string) => {
    for (const [id, fields] of hintSchema.parse(JSON.parse(message))) {
      const originator = fields[fields.indexOf('i') + 1] ?? ''
      const channel = keys.acknowledgements(originator)
      publisher
        .publish(channel, `${follower.instance} ${id.replace('-', '.')}`)
        .catch(leaveToReconnect)
    }
  })
  return believing(follower, {
    async [Symbol.asyncDispose]() {
      for (const redis of [subscriber, publisher]) redis.disconnect()
      await follower[Symbol.asyncDispose]()
    },
  })
}

/** The user of the first instances may hear nothing. */
function withoutUser(redisUrl: string): string {
  return Object.assign(new URL(redisUrl), { username: '', password: '' }).href
}

function leaveToReconnect(): void {}
