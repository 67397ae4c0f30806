import { Agent, request } from 'undici'
import type { Stage } from './stage.ts'

/** What a request of each member took and cost. */
export interface Pass {
  /** Milliseconds, of each request. */
  readonly latencies: number[]
  /** Processor time of gateways and service for one request, microseconds. */
  readonly processorUs: number
}

/** Asks for what the role permits, or does not; nobody else is let in or kept out. */
export async function ask(url: string, cookie: string, dispatcher: Agent): Promise<200 | 403> {
  const { statusCode, body } = await request(`${url}/reports.list`, {
    headers: { cookie },
    dispatcher,
  })
  await body.dump()
  if (statusCode !== 200 && statusCode !== 403) throw new Error(`answered with ${statusCode}`)
  return statusCode
}

/**
 * A request of each of these members, always at the same gateway.
 *
 * @throws {Error} when one is not decided as `expected`.
 */
export async function requestOfEach(
  members: readonly string[],
  { gateways, service }: Pick<Stage, 'gateways' | 'service'>,
  concurrency: number,
  expected: 200 | 403,
): Promise<Pass> {
  await using dispatcher = new ClosingAgent()
  const peers = [...gateways, service]
  const processor = async () => sum(await Promise.all(peers.map((peer) => peer.processorUs())))
  const before = await processor()
  const latencies: number[] = []
  let next = 0
  const work = async () => {
    for (let index = next++; index < members.length; index = next++) {
      const { url } = gateways[index % gateways.length] as Stage['service']
      const from = performance.now()
      const status = await ask(url, members[index] as string, dispatcher)
      latencies.push(performance.now() - from)
      if (status !== expected) throw new Error(`a member was answered with ${status}`)
    }
  }
  await Promise.all(Array.from({ length: concurrency }, work))
  return { latencies, processorUs: ((await processor()) - before) / members.length }
}

export class ClosingAgent extends Agent {
  async [Symbol.asyncDispose]() {
    await this.destroy()
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
