import type { Constellation, Gateway } from '../constellation/constellation.ts'
import type { Instant, Recorder } from '../history/history.ts'
import { claimsVersionOf } from '../instances/answer.ts'
import { createGatewayProbe, type GatewayProbe } from '../instances/ask-gateway.ts'
import type { Service } from '../instances/service.ts'
import type { Visitor } from '../instances/visitor.ts'
import type { Stamps } from '../wrong-forms/stamped-at-signing.ts'
import { openStreamProbe, type StreamProbe } from './stream-probe.ts'

/**
 * - `kept` nothing happens to its session.
 * - `changing` its claims change.
 * - `doomed` it will be ended.
 */
export type Role = 'kept' | 'changing' | 'doomed'

/**
 * People who act all the time: at every gateway, behind it at every service, with old and new contexts at services directly,
 * and on streams that stay open.
 */
export interface Load {
  /** Asked about in turn. */
  add(visitor: Visitor, role: Role): void
  /** Another instance, asked until the trial ends or it leaves. */
  join(instance: { readonly gateway: Gateway } | { readonly service: Service }): void
  leave(name: string): void
  /** Asks every instance about this one in this very step. Resolves when all have answered. */
  everywhere(visitor: Visitor): Promise<void>
  /** The process of an instance was frozen and goes on. */
  wasFrozen(instance: string, from: Instant, to: Instant): void
  stop(): Promise<void>
}

const TICK_MS = 10
/** Questions to one gateway that may wait at once, of the background load. */
const MOST_WAITING = 24
/** Contexts that the background presents at one service in a tick. */
const PRESENTED_A_TICK = 4

export function createLoad(
  constellation: Constellation,
  recorder: Recorder,
  stamps: Stamps = async (context) => context,
): Load {
  const behind = constellation.services
  let services = [...behind]
  let probes = constellation.gateways.map((gateway) => createGatewayProbe(gateway, recorder))
  /** Asked about at gateways; and those whose contexts are presented at services besides. */
  const visitors = { kept: [] as Visitor[], doomed: [] as Visitor[], presented: [] as Visitor[] }
  const streams: StreamProbe[] = []
  const waiting = new Set<Promise<void>>()
  let tick = 0
  let underwayDirect = 0

  /** What fails has not been decided; nothing more is to be said of it. */
  function track(asked: Promise<void>): Promise<void> {
    const settled: Promise<void> = asked.catch(ignoreEnded).then(() => {
      waiting.delete(settled)
    })
    waiting.add(settled)
    return settled
  }

  async function present(
    service: Service,
    visitor: Visitor,
    which: 'contexts' | 'firstContexts' = 'contexts',
  ): Promise<void> {
    const received = visitor[which].get(service.audience)
    if (!received) return
    const context = await stamps(received, service.audience)
    underwayDirect += 1
    try {
      const { outcome, receivedAt, decidedAt } = await service.decide(context)
      recorder.decided({
        instance: service.name,
        session: visitor.name,
        earliest: receivedAt,
        latest: decidedAt,
        outcome: outcome === 'stale' ? 'outdated' : outcome,
        claimsVersion: claimsVersionOf(context),
        via: 'request',
      })
    } finally {
      underwayDirect -= 1
    }
  }

  function askGateway(probe: GatewayProbe, visitor: Visitor | undefined, turn: number) {
    const service = behind[turn % behind.length]
    if (visitor && service) void track(probe.ask(visitor, service.name))
  }

  function step() {
    tick += 1
    const { kept, doomed, presented } = visitors
    for (const [i, probe] of probes.entries()) {
      if (probe.underway >= MOST_WAITING) continue
      askGateway(probe, kept[(tick >> 1) % kept.length], tick + i)
      if (tick % 2 === 0) askGateway(probe, doomed[(tick >> 1) % doomed.length], (tick >> 1) + i)
    }
    for (const reader of constellation.readers) {
      const everybody = [...kept, ...doomed]
      const visitor = everybody[tick % everybody.length]
      if (visitor) void track(reader.ask(visitor, recorder))
    }
    for (const service of services) {
      for (let i = 0; i < Math.min(PRESENTED_A_TICK, presented.length); i += 1) {
        const visitor = presented[(tick * PRESENTED_A_TICK + i) % presented.length]
        const which = tick % 4 === 0 ? 'firstContexts' : 'contexts'
        if (visitor && underwayDirect < MOST_WAITING) void track(present(service, visitor, which))
      }
    }
  }

  const timer = setInterval(step, TICK_MS)

  function openStreams(visitor: Visitor) {
    for (const [i, gateway] of constellation.gateways.entries()) {
      const { name = '' } = behind[(streams.length + i) % behind.length] ?? {}
      streams.push(openStreamProbe({ gateway, service: name, visitor, recorder }))
    }
  }

  return {
    add(visitor, role) {
      visitors[role === 'doomed' ? 'doomed' : 'kept'].push(visitor)
      if (role === 'kept') return
      visitors.presented.push(visitor)
      openStreams(visitor)
    },

    join(instance) {
      if ('service' in instance) services.push(instance.service)
      else probes.push(createGatewayProbe(instance.gateway, recorder))
    },

    leave(name) {
      services = services.filter((service) => service.name !== name)
      const leaving = probes.filter(({ gateway }) => gateway === name)
      probes = probes.filter(({ gateway }) => gateway !== name)
      for (const probe of leaving) void track(close(probe))
    },

    async everywhere(visitor) {
      const direct = services.map((service) => track(present(service, visitor)))
      const through = probes.flatMap((probe) =>
        behind.map(({ name }) => track(probe.ask(visitor, name))),
      )
      const read = constellation.readers.map((reader) => track(reader.ask(visitor, recorder)))
      await Promise.all([...direct, ...through, ...read])
    },

    wasFrozen(instance, from, to) {
      for (const probe of probes) if (probe.gateway === instance) probe.wasFrozen(from, to)
    },

    async stop() {
      clearInterval(timer)
      await Promise.all(streams.map(closeStream))
      await Promise.race([Promise.allSettled(waiting), after(STOP_WITHIN_MS)])
      await Promise.all(probes.map(close))
    },
  }
}

async function close(probe: GatewayProbe): Promise<void> {
  await probe[Symbol.asyncDispose]()
}

async function closeStream(stream: StreamProbe): Promise<void> {
  await stream[Symbol.asyncDispose]()
}

const STOP_WITHIN_MS = 3_000

function after(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref())
}

function ignoreEnded(): void {}
