import type { Redis } from 'ioredis'

/** What a server has counted since its start. */
export interface ServerCounters {
  /** `performance.now()` at which it answered. */
  readonly at: number
  /** Processor time, user and system, in microseconds. */
  readonly processorUs: number
  readonly bytesIn: number
  readonly bytesOut: number
  /** Open connections of clients, now. */
  readonly connections: number
}

export async function readServer(redis: Redis): Promise<ServerCounters> {
  const info = await redis.info()
  const at = (name: string) => Number(new RegExp(`^${name}:(\\S+)`, 'm').exec(info)?.[1])
  return {
    at: performance.now(),
    processorUs: (at('used_cpu_user') + at('used_cpu_sys')) * 1e6,
    bytesIn: at('total_net_input_bytes'),
    bytesOut: at('total_net_output_bytes'),
    connections: at('connected_clients'),
  }
}

/** What was counted meanwhile, for each of so many. */
export interface ServerUse {
  readonly processorUs: number
  readonly bytesIn: number
  readonly bytesOut: number
}

export function useBetween(before: ServerCounters, after: ServerCounters, count = 1): ServerUse {
  return {
    processorUs: (after.processorUs - before.processorUs) / count,
    bytesIn: (after.bytesIn - before.bytesIn) / count,
    bytesOut: (after.bytesOut - before.bytesOut) / count,
  }
}
