import {
  formatPosition,
  type InstanceId,
  instanceIdSchema,
  type Position,
  parsePosition,
} from '@portcullis/context'
import type { Keyspace, Redis } from '@portcullis/redis'

/** Tells originators up to where this instance has applied the log, as soon as it has. */
export interface Acknowledgements {
  /** After the event was applied and everything it ends was told to stop. */
  add(originator: InstanceId): void
}

export interface AcknowledgementsOptions {
  readonly redis: Redis
  readonly keyspace: Keyspace
  readonly instance: InstanceId
  readonly position: () => Position
}

/**
 * Acknowledgements of one turn of the event loop go out as one. One that is lost shows in the next fence's record.
 */
export function createAcknowledgements(options: AcknowledgementsOptions): Acknowledgements {
  const { redis, keyspace, instance, position } = options
  const waiting = new Set<InstanceId>()

  function send() {
    const message = `${instance} ${formatPosition(position())}`
    for (const originator of waiting) {
      redis.publish(keyspace.acknowledgements(originator), message).catch(leaveToNextFence)
    }
    waiting.clear()
  }

  return {
    add(originator) {
      if (originator === instance) return
      if (waiting.size === 0) setImmediate(send)
      waiting.add(originator)
    },
  }
}

function leaveToNextFence(): void {}

/** What one acknowledgement says; null if it cannot be read. */
export function parseAcknowledgement(
  message: string,
): { readonly instance: InstanceId; readonly position: Position } | null {
  const [id, place = ''] = message.split(' ', 2)
  const instance = instanceIdSchema.safeParse(id)
  const position = parsePosition(place)
  return instance.success && position ? { instance: instance.data, position } : null
}
