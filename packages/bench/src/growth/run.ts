import { type EventsRound, measureEvents } from './events/measure-events.ts'
import { type InstancesRound, measureInstances } from './instances/measure-instances.ts'
import type { Plan } from './plan.ts'
import { measureSessions, type SessionsRun } from './sessions/measure-sessions.ts'

export interface Run {
  /** By number of sessions. */
  readonly sessions: readonly SessionsRun[]
  /** By round, and in it by number of instances. */
  readonly instances: readonly (readonly InstancesRound[])[]
  /** By round, and in it by rate. */
  readonly events: readonly (readonly EventsRound[])[]
  readonly redisVersion: string
}

/** @param say Told what comes next. */
export async function run(plan: Plan, say: (line: string) => void): Promise<Run> {
  const { bySize: sessions, redisVersion } = await measureSessions(plan, say)
  const instances = await measureInstances(plan, say)
  return { sessions, instances, events: await measureEvents(plan, say), redisVersion }
}
