import { CACHED_SESSIONS } from '../../population/servers.ts'
import { costWith } from './cost-by-instances.ts'
import type { Demand } from './demand.ts'
import { redisLoads } from './redis-loads.ts'
import type { UnitCosts } from './unit-costs.ts'
import { count, given } from './words.ts'
import { FENCES_PER_LEASE, fencesPerSecond, perSecond, ROOM, type World } from './world.ts'

/** Everything that can be full by itself. */
export function demandsOf(costs: UnitCosts, world: World): Demand[] {
  return [
    memory(costs, world),
    redisProcessor(costs, world),
    bandwidth(costs, world),
    connections(costs, world),
    ...instanceDemands(costs, world),
    ...gatewayDemands(costs, world),
  ]
}

function memory({ sessionBytes, claimsBytes }: UnitCosts, { people }: World): Demand {
  return {
    name: 'Redis, memory, GiB',
    needed: (people * (sessionBytes + claimsBytes)) / 2 ** 30,
    room: ROOM.memoryGiB,
    arithmetic: `${count(people)} people x (${given(sessionBytes)} bytes for a session + ${given(claimsBytes)} for cached claims) = ${given((people * sessionBytes) / 2 ** 30)} + ${given((people * claimsBytes) / 2 ** 30)} GiB`,
  }
}

function redisProcessor(costs: UnitCosts, world: World): Demand {
  const loads = redisLoads(costs, world)
  return {
    name: 'Redis, processor in all, cores',
    needed: loads.reduce((sum, { needed }) => sum + needed, 0),
    room: ROOM.cores,
    arithmetic: `the ${loads.length} rows above`,
  }
}

function bandwidth(costs: UnitCosts, world: World): Demand {
  const { instances, daily } = world
  const gigabits = (rate: number, bytes: number) => (rate * bytes * 8) / 1e9
  const parts = [
    gigabits(fencesPerSecond(world), costWith(costs.fence, instances).bytesOut),
    gigabits(perSecond(world, daily.changes), costWith(costs.change, instances).bytesOut),
    gigabits(perSecond(world, daily.visits), costs.load.bytesOut),
  ] as const
  const [fences, changes, loads] = parts
  return {
    name: 'Redis, bandwidth out, Gbit/s',
    needed: fences + changes + loads,
    room: ROOM.gigabits,
    arithmetic: `fences ${given(fences)} (${count(costWith(costs.fence, instances).bytesOut)} bytes each, every eighth with all members) + changes ${given(changes)} (${count(costWith(costs.change, instances).bytesOut)} bytes each: a hint to each instance, its acknowledgement, all members to who asked) + loads ${given(loads)} (${count(costs.load.bytesOut)} bytes each)`,
  }
}

function connections({ connections: each }: UnitCosts, { instances }: World): Demand {
  return {
    name: 'Redis, connections',
    needed: instances * each,
    room: ROOM.connections,
    arithmetic: `${count(instances)} instances x ${given(each)}; the room is Redis's default for maxclients`,
  }
}

function instanceDemands(costs: UnitCosts, world: World): Demand[] {
  const events = perSecond(world, world.daily.changes)
  const fences = FENCES_PER_LEASE / (world.leaseMs / 1_000)
  return [
    {
      name: 'an instance, processor for events, cores',
      needed: (events * costs.eventInstanceUs) / 1e6,
      room: ROOM.cores,
      arithmetic: `each instance gets every event: ${count(events)} a second x ${given(costs.eventInstanceUs)} us`,
    },
    {
      name: 'an instance, processor for fences, cores',
      needed: (fences * costs.fenceInstanceUs) / 1e6,
      room: ROOM.cores,
      arithmetic: `${given(fences)} a second x ${given(costs.fenceInstanceUs)} us`,
    },
  ]
}

function gatewayDemands(costs: UnitCosts, world: World): Demand[] {
  const { daily, gateways } = world
  const [requests, visits] = [perSecond(world, daily.requests), perSecond(world, daily.visits)]
  const { requestUs, loadedRequestUs } = costs
  const visitSeconds = (daily.minutes / daily.visits) * 60
  return [
    {
      name: `${gateways} gateways, processor for requests, cores`,
      needed: ((requests - visits) * requestUs + visits * loadedRequestUs) / 1e6,
      room: gateways,
      arithmetic: `${count(requests - visits)} requests a second x ${given(requestUs)} us + ${count(visits)} after a load x ${given(loadedRequestUs)} us; a core for each gateway`,
    },
    {
      name: 'a gateway, sessions in use at once',
      needed: (visits * visitSeconds) / gateways,
      room: CACHED_SESSIONS,
      arithmetic: `${count(visits)} visits a second x ${given(visitSeconds)} s / ${gateways} gateways; the room is what a gateway keeps in memory`,
    },
  ]
}
