import type { Clock } from '@portcullis/runtime'

/** When a fence was sent and answered, by this process's monotonic clock, and what the server's clock showed in between. */
interface ServerReading {
  readonly sentAt: number
  readonly receivedAt: number
  /** Milliseconds since 1970. */
  readonly serverTime: number
}

/** One wall clock for everyone who follows the log, whatever the hosts show. */
export interface ServerClock extends Clock {
  note(reading: ServerReading): void
}

/**
 * The wall clock of the log's server, carried on by this process's monotonic clock: a host whose clock is set is not
 * affected. It is corrected by no more than a reading proves, so that a slow answer does not move it. Before the first
 * reading it is the host's.
 */
export function createServerClock(host: Clock): ServerClock {
  let offset: number | undefined
  return {
    now: () => host.now(),
    wall: () => (offset === undefined ? host.wall() : host.now() + offset),
    note({ sentAt, receivedAt, serverTime }) {
      const [least, most] = [serverTime - receivedAt, serverTime - sentAt]
      offset = Math.min(Math.max(offset ?? (least + most) / 2, least), most)
    },
  }
}
