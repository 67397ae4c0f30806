import { type ClientRequest, get } from 'node:http'
import { setTimeout } from 'node:timers/promises'
import type { Cost } from '../peers/load.ts'
import type { Peer } from '../peers/peer.ts'

export interface EventsOptions {
  readonly peer: Peer
  readonly headers: Readonly<Record<string, string>>
  readonly streams: number
  readonly seconds: number
}

/** What an event costs that passes through a peer, while many subscriptions are open. */
export async function costOfEvents(options: EventsOptions): Promise<Cost> {
  const { peer, streams, seconds } = options
  let events = 0
  const open = await Promise.all(
    Array.from({ length: streams }, () => subscribe(options, (count) => (events += count))),
  )
  try {
    const before = await peer.processorUs()
    events = 0
    await setTimeout(seconds * 1_000)
    const counted = events
    const used = (await peer.processorUs()) - before
    if (counted === 0) throw new Error('no event came')
    return { requests: counted, processorUs: used / counted }
  } finally {
    for (const stream of open) stream.destroy()
  }
}

/** Resolves when the first bytes have come. */
function subscribe(
  { peer, headers }: EventsOptions,
  onEvents: (count: number) => void,
): Promise<ClientRequest> {
  return new Promise((resolve, reject) => {
    const accept = 'text/event-stream'
    const request = get(`${peer.url}/orders.events`, { headers: { ...headers, accept } })
    request.on('error', reject)
    request.on('response', (response) => {
      if (response.statusCode !== 200) reject(new Error(`events: ${response.statusCode}`))
      response.on('data', (chunk: Buffer) => {
        onEvents(countIn(chunk))
        resolve(request)
      })
      // Torn down at the end of a measurement, by whoever opened it.
      response.on('error', () => {})
    })
  })
}

/** Each event ends with an empty line. */
function countIn(chunk: Buffer): number {
  let count = 0
  for (let at = chunk.indexOf('\n\n'); at !== -1; at = chunk.indexOf('\n\n', at + 2)) count += 1
  return count
}
