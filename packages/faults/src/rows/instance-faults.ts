import { setTimeout as pause } from 'node:timers/promises'
import { instant } from '../history/history.ts'
import { startGateway } from '../instances/gateway.ts'
import { startInstanceProcess } from '../instances/instance-process.ts'
import { startService } from '../instances/service.ts'
import type { Visitor } from '../instances/visitor.ts'
import { type Heal, nothingToHeal, type Row, type Scene } from './row.ts'

const SINGLE = { kind: 'single' } as const
const SHARED = { budget: 'within', trials: 20, leaseMs: 400, setting: SINGLE } as const
const FIRST = ['g1', 's1']
const QUEUED = 100
const HOUR_MS = 3_600_000

/** What happens to instances. */
export const instanceRows: readonly Row[] = [
  {
    ...SHARED,
    name: 'gateway and service frozen for 10 s, 100 requests queued',
    trials: 5,
    processes: true,
    affects: FIRST,
    holdMs: 10_000,
    takes: 4,
    async strike(scene) {
      const { load, constellation } = scene
      for (const instance of constellation.processes) instance.pause()
      const frozenAt = instant()
      queueRequests(scene)
      return async () => {
        for (const instance of constellation.processes) {
          load.wasFrozen(instance.name, frozenAt, instant())
          instance.resume()
        }
      }
    },
  },
  {
    ...SHARED,
    name: 'event loop of gateway and service blocked for 4 s, 100 requests queued',
    processes: true,
    affects: FIRST,
    holdMs: 4_000,
    takes: 4,
    async strike(scene) {
      await Promise.all(scene.constellation.processes.map((instance) => instance.block(4_000)))
      queueRequests(scene)
      return nothingToHeal
    },
  },
  {
    ...SHARED,
    name: 'gateway and service killed during revocations',
    processes: true,
    startsAnew: true,
    affects: ['g2', 's2'],
    ends: FIRST,
    takes: 2,
    async strike({ constellation, load, take, end }) {
      for (let i = 0; i < 2; i += 1) void end(take())
      for (const { name } of constellation.processes) load.leave(name)
      await Promise.all(constellation.processes.map((instance) => instance.kill()))
      return nothingToHeal
    },
  },
  {
    ...SHARED,
    name: 'joiners and leavers during revocations',
    takes: 6,
    async strike(scene) {
      const coming = comeAndGo(scene)
      return () => coming
    },
  },
  {
    ...SHARED,
    name: 'wall clock of gateway and service jumps by an hour, to and fro',
    affects: FIRST,
    clock: () => jumpingClock,
    async strike({ random }) {
      const jump = () => {
        jumpingClock.aheadMs = Math.floor(random() * 3 - 1) * HOUR_MS
      }
      const timer = setInterval(jump, 100)
      return async () => clearInterval(timer)
    },
  },
  {
    ...SHARED,
    name: 'clock of gateway and service slow by the declared 1 %, cut off',
    affects: FIRST,
    clock: () => ({ now: () => performance.now() * DECLARED, wall: () => Date.now() }),
    strike: cutOff,
  },
  {
    ...SHARED,
    name: 'host of gateway and service suspended for a second, cut off from then on',
    affects: FIRST,
    clock: () => suspendedClock,
    strike: suspend,
  },
  {
    ...SHARED,
    name: 'clock of gateway and service a third slow, beyond the bound of 1 %',
    budget: 'outside',
    affects: FIRST,
    clock: () => ({
      now: () => performance.now() * SLOW,
      wall: () => SLOW_SINCE + performance.now() * SLOW,
    }),
    strike: cutOff,
  },
]

/** The monotonic clock has stood still: by it alone the lease would have a second more. */
export async function suspend(scene: Scene): Promise<Heal> {
  const heal = await cutOff(scene)
  await pause(scene.constellation.leaseMs * 0.9)
  suspendedClock.lostMs += SUSPENDED_MS
  return heal
}

export async function cutOff({ constellation: { proxies } }: Scene): Promise<Heal> {
  for (const proxy of proxies) proxy.cut()
  return async () => {
    for (const proxy of proxies) proxy.heal()
  }
}

export const suspendedClock = {
  lostMs: 0,
  wall: () => Date.now(),
  now(): number {
    return performance.now() - this.lostMs
  },
}
const SUSPENDED_MS = 1_000
const DECLARED = 0.99

const jumpingClock = {
  aheadMs: 0,
  now: () => performance.now(),
  wall(): number {
    return Date.now() + this.aheadMs
  },
}
const SLOW = 2 / 3
const SLOW_SINCE = Date.now()

/** Asks the first instances about sessions that are being ended, more than they can answer now. */
function queueRequests({ load, take, end }: Scene): void {
  const visitors: Visitor[] = Array.from({ length: 4 }, take)
  for (let i = 0; i < QUEUED / 4 / 6; i += 1) {
    for (const visitor of visitors) void load.everywhere(visitor)
  }
  for (const visitor of visitors) void end(visitor)
}

/** Instances that start, take part while sessions end, and go: in order, or without a word. */
async function comeAndGo({ constellation, load, random, take, end }: Scene): Promise<void> {
  const { secrets, leaseMs, servers, services } = constellation
  const common = { secrets, leaseMs, replicas: servers.replicas, redisUrl: servers.url }
  const { url: claimsUrl } = constellation.claims
  const urls = Object.fromEntries(services.map(({ name, url }) => [name, url]))
  for (let i = 0; i < 3; i += 1) {
    void end(take())
    const gateway = await startGateway({
      ...common,
      claimsUrl,
      name: `joined-g${i}`,
      services: urls,
    })
    const service = await startService({ ...common, name: `joined-s${i}`, audience: 's1' })
    const gone = await startInstanceProcess({
      ...common,
      claimsUrl,
      kind: 'service',
      name: `killed-s${i}`,
    })
    load.join({ gateway })
    load.join({ service })
    void end(take())
    await pause(random() * leaseMs)
    for (const { name } of [gateway, service]) load.leave(name)
    await Promise.all([gone.kill(), gateway[Symbol.asyncDispose](), service[Symbol.asyncDispose]()])
  }
}
