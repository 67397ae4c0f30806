import { once } from 'node:events'
import { Agent, get, type IncomingMessage, type RequestOptions } from 'node:http'

export interface HeldStreams {
  /** Resolves, with the monotonic time in milliseconds, when the last of them has ended. */
  readonly ended: Promise<number>
}

/** Opens so many streams for each cookie. */
export async function holdStreams(
  url: string,
  cookies: readonly string[],
  each: number,
): Promise<HeldStreams> {
  const ends: Promise<unknown>[] = []
  for (let i = 0; i < each; i++) {
    const responses = await Promise.all(cookies.map((cookie) => openStream(url, cookie)))
    for (const response of responses) ends.push(once(response, 'end'))
  }
  return { ended: Promise.all(ends).then(() => performance.now()) }
}

async function openStream(url: string, cookie: string): Promise<IncomingMessage> {
  const headers = { cookie, accept: 'text/event-stream' }
  const response = await respond(`${url}/orders.ticks`, { agent: false, headers })
  await once(response, 'data')
  return response
}

/** How long queries take, one after the other over a kept connection, in milliseconds each. */
export async function timeQueries(url: string, cookie: string, count: number): Promise<number[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const samples: number[] = []
  for (let i = 0; i < count; i++) {
    const startedAt = performance.now()
    const response = await respond(`${url}/orders.plan`, { agent, headers: { cookie } })
    await once(response.resume(), 'end')
    samples.push(performance.now() - startedAt)
  }
  agent.destroy()
  return samples
}

async function respond(url: string, options: RequestOptions): Promise<IncomingMessage> {
  const [response] = (await once(get(url, options), 'response')) as [IncomingMessage]
  if (response.statusCode !== 200) throw new Error(`${url}: ${response.statusCode}`)
  return response
}
