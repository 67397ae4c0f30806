import type { Command } from '../instances/messages.ts'
import { type InstanceProcess, startInstanceProcess } from './instance-process.ts'

/** Instances spread evenly over a few processes, which stay warm from one size to the next. */
export interface Fleet extends AsyncDisposable {
  subscribe(
    count: number,
    options: { redisUrl: string; channel: string; acks: string },
  ): Promise<void>
  follow(
    count: number,
    options: { redisUrl: string; leaseMs: number; replicas: number },
  ): Promise<void>
  /** Monotonic milliseconds at which the last instance of them all has received it. */
  lastReceived(by: 'subscribers' | 'followers', id: string): Promise<number>
  /** Resolves when each process has read what it was asked before. */
  settled(): Promise<void>
  /** Of all processes together so far, in milliseconds. */
  processorTime(): Promise<number>
  release(): Promise<void>
}

/** @param most Processes, of which fewer are used for fewer instances. */
export function startFleet(most = 4): Fleet {
  const processes = Array.from({ length: most }, startInstanceProcess)
  /** Those that hold instances of each kind. */
  const holders = { subscribers: processes, followers: processes }

  async function place(
    kind: keyof typeof holders,
    count: number,
    toCommand: (n: number) => Command,
  ) {
    const shares = sharesOf(count, most)
    holders[kind] = processes.slice(0, shares.length)
    await Promise.all(
      shares.map((share, i) => (processes[i] as InstanceProcess).ask(toCommand(share))),
    )
  }

  const askAll = (command: Command) => Promise.all(processes.map((each) => each.ask(command)))

  return {
    subscribe: (count, options) =>
      place('subscribers', count, (n) => ({ do: 'subscribe', count: n, ...options })),
    follow: (count, options) =>
      place('followers', count, (n) => ({ do: 'follow', count: n, ...options })),
    async lastReceived(by, id) {
      const command = { do: 'last-received', by, id } as const
      return Math.max(...(await Promise.all(holders[by].map((each) => each.ask(command)))))
    },
    async settled() {
      await askAll({ do: 'processor-time' })
    },
    async processorTime() {
      const times = await askAll({ do: 'processor-time' })
      return times.reduce((sum, time) => sum + time, 0)
    },
    async release() {
      await askAll({ do: 'release' })
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(processes.map((each) => each[Symbol.asyncDispose]()))
    },
  }
}

function sharesOf(count: number, most: number): number[] {
  const shares = Array.from({ length: most }, (_, i) => Math.floor((count + most - 1 - i) / most))
  return shares.filter((share) => share > 0)
}
