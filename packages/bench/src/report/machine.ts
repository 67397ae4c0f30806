import { arch, cpus, loadavg, release, totalmem, type } from 'node:os'
import type { MachineFacts } from './result.ts'

/** Begins the record of where a run took place; called again at its end. */
export function observeMachine(command: string): (redis: string) => MachineFacts {
  const date = new Date().toISOString()
  const before = round(loadavg()[0])
  return (redis) => ({
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGiB: round(totalmem() / 2 ** 30),
    system: `${type()} ${release()} ${arch()}`,
    node: process.version,
    redis,
    date,
    command,
    load: [before, round(loadavg()[0])],
  })
}

function round(value = 0): number {
  return Math.round(value * 100) / 100
}
