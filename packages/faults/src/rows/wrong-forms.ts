import { setTimeout as pause } from 'node:timers/promises'
import { createKeyspace } from '@portcullis/redis'
import { acknowledgeAtOnce } from '../wrong-forms/acknowledge-at-once.ts'
import { startBarrierLiar } from '../wrong-forms/barrier-taken-for-raised.ts'
import { admittedBySeq, admittedUnchecked } from '../wrong-forms/fills.ts'
import { floorsIgnored, leaseFromReceiveTime, pingAsProof } from '../wrong-forms/leases.ts'
import { reportedAtMajority, waitedFromCommit } from '../wrong-forms/receipts.ts'
import { raceLoads } from './connections.ts'
import { cutOff, suspend, suspendedClock } from './instance-faults.ts'
import { type Heal, nothingToHeal, type Row, type Scene } from './row.ts'
import {
  cutOffTogether,
  followsTheOldOne,
  isNoStore,
  splitBrain,
  startsBeforeRepair,
  writeOn,
} from './split-brain.ts'

/** Hears no hints, and acknowledges in its fences alone. */
const DEAF = ['~*', '+@all', 'resetchannels']
const SINGLE = {
  budget: 'wrong',
  trials: 20,
  leaseMs: 400,
  setting: { kind: 'single' },
  affects: ['g1', 's1'],
} as const
const REPLICATED = {
  ...SINGLE,
  setting: { kind: 'replicated' },
  changesHistory: true,
  startsAnew: true,
} as const
const MANY = 6

/**
 * One protection at a time replaced by its wrong form, where that can be done from outside of the code that is tested: by
 * what wraps a follower, a revoker, a clock, a context or a connection. Each has to be found.
 */
export const wrongFormRows: readonly Row[] = [
  {
    ...SINGLE,
    name: 'lease counted from when the proof is received',
    firstUser: DEAF,
    beliefs: leaseFromReceiveTime,
    takes: MANY,
    strike: cutWhileSlow,
  },
  {
    ...REPLICATED,
    name: 'PING as proof of freshness',
    beliefs: pingAsProof,
    takes: 2,
    holdMs: 1_500,
    strike: (scene) => cutOffTogether(scene),
  },
  {
    ...SINGLE,
    name: 'floors ignored',
    beliefs: floorsIgnored,
    strike: async () => nothingToHeal,
  },
  {
    ...SINGLE,
    name: 'acknowledged before it is applied, over a gap',
    firstUser: [...DEAF, `&${createKeyspace().acknowledgements('*')}`],
    beliefs: acknowledgeAtOnce,
    takes: MANY,
    strike: endMany,
  },
  {
    ...SINGLE,
    name: 'position stamped at signing',
    stampsAtSigning: true,
    strike: async () => nothingToHeal,
  },
  {
    ...SINGLE,
    name: 'wall clock not compared with the monotonic one',
    clock: () => ({ now: () => suspendedClock.now(), wall: () => suspendedClock.now() + EPOCH_MS }),
    strike: suspend,
  },
  {
    ...SINGLE,
    name: 'enforced said at the majority, leases not waited for',
    enforces: reportedAtMajority,
    strike: cutOff,
  },
  {
    ...REPLICATED,
    name: 'lease waited out from the commit',
    enforces: waitedFromCommit,
    takes: 2,
    holdMs: 0,
    strike: followsTheOldOne,
  },
  {
    ...SINGLE,
    name: 'what was loaded is kept unchecked',
    reader: { admits: admittedUnchecked },
    takes: 8,
    strike: raceLoads,
  },
  {
    ...REPLICATED,
    name: 'what was loaded is judged by seq alone',
    reader: { admits: admittedBySeq, leavesDeposed: false },
    takes: 2,
    holdMs: 1_000,
    strike: loadFromTheOldOne,
  },
  {
    ...REPLICATED,
    name: 'history adopted and lease taken before the barrier is raised',
    proxiesOthers: true,
    takes: 2,
    holdMs: 0,
    strike: adoptTooEarly,
  },
]

const EPOCH_MS = Date.now() - performance.now()
/** Less than a command may take. */
const SLOW_MS = 200
const STAGGER_MS = 40

/** A fence is under way for longer than a decision may take when its road is closed. */
async function cutWhileSlow(scene: Scene): Promise<Heal> {
  const { proxies, leaseMs } = scene.constellation
  for (const proxy of proxies) proxy.delay(SLOW_MS, 'down')
  await pause(2 * leaseMs + scene.random() * SLOW_MS)
  await endMany(scene)
  return cutOff(scene)
}

async function endMany({ take, end }: Scene): Promise<Heal> {
  for (let i = 0; i < MANY; i += 1) {
    void end(take())
    await pause(STAGGER_MS)
  }
  return nothingToHeal
}

/** Both histories have as many entries by then; one of them has not heard of the ends. */
async function loadFromTheOldOne(scene: Scene): Promise<Heal> {
  const { servers } = scene.constellation
  const former = await servers.cluster.primary()
  const heal = await splitBrain(scene, { moves: isNoStore })
  await writeOn(scene, former.url, 2 * MANY)
  await writeOn(scene, servers.url, 4 * MANY)
  return heal
}

async function adoptTooEarly(scene: Scene): Promise<Heal> {
  const liar = await startBarrierLiar(scene.constellation.servers.url)
  const heal = await startsBeforeRepair(scene, liar.url)
  return async () => {
    await heal()
    await liar[Symbol.asyncDispose]()
  }
}
