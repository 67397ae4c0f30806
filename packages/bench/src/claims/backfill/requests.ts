import { setTimeout as pause } from 'node:timers/promises'
import { Agent, request } from 'undici'

/** Requests at a steady pace, whoever still waits for an answer. */
export interface Requests extends AsyncDisposable {
  /** Milliseconds from the moment at which each was due, of those since this was last asked. */
  take(): number[]
}

const CONNECTIONS = 256

/** A request of each of these people in turn, again and again. @throws when one is not answered with 200. */
export async function answerOfEach(url: string, cookies: readonly string[]): Promise<void> {
  const dispatcher = new Agent({ connections: 16 })
  await Promise.all(cookies.map((cookie) => ask(url, cookie, dispatcher)))
  await dispatcher.destroy()
}

/** Fails, when it is taken or disposed of, if one was not answered with 200. */
export function beginRequests(options: {
  url: string
  cookies: readonly string[]
  perSecond: number
}): Requests {
  const { url, cookies, perSecond } = options
  const dispatcher = new Agent({ connections: CONNECTIONS })
  const underWay = new Set<Promise<void>>()
  const ended = new AbortController()
  let latencies: number[] = []
  let failure: unknown

  async function send(index: number, dueAt: number) {
    try {
      await ask(url, cookies[index % cookies.length] ?? '', dispatcher)
      latencies.push(performance.now() - dueAt)
    } catch (error) {
      failure ??= error
    }
  }

  async function keepSending() {
    const from = performance.now()
    for (let index = 0; !ended.signal.aborted; index += 1) {
      const dueAt = from + (index * 1_000) / perSecond
      await pause(Math.max(0, dueAt - performance.now()))
      const sent = send(index, dueAt).finally(() => underWay.delete(sent))
      underWay.add(sent)
    }
  }

  const sending = keepSending()
  return {
    take() {
      if (failure) throw failure
      const taken = latencies
      latencies = []
      return taken
    },
    async [Symbol.asyncDispose]() {
      ended.abort()
      await sending
      await Promise.all(underWay)
      await dispatcher.destroy()
      if (failure) throw failure
    },
  }
}

async function ask(url: string, cookie: string, dispatcher: Agent): Promise<void> {
  const { statusCode, body } = await request(`${url}/reports.list`, {
    headers: { cookie },
    dispatcher,
  })
  await body.dump()
  if (statusCode !== 200) throw new Error(`answered with ${statusCode}`)
}
