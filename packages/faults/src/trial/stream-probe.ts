import { setTimeout as pause } from 'node:timers/promises'
import { Client, type Dispatcher } from 'undici'
import type { Gateway } from '../constellation/constellation.ts'
import { instant, type Recorder } from '../history/history.ts'
import { type Put, putSchema } from '../instances/answer.ts'
import type { Visitor } from '../instances/visitor.ts'

/** Keeps a stream open for as long as a gateway lets it be, and records what comes out of it. */
export type StreamProbe = AsyncDisposable

export interface StreamProbeOptions {
  readonly gateway: Gateway
  readonly service: string
  readonly visitor: Visitor
  readonly recorder: Recorder
}

const REOPEN_AFTER_MS = 100
const STATUS_OF_NOBODY = 401

export function openStreamProbe(options: StreamProbeOptions): StreamProbe {
  const { gateway, service, visitor } = options
  const closing = new AbortController()
  const client = new Client(gateway.url, { bodyTimeout: 0, headersTimeout: 60_000 })

  async function follow(): Promise<void> {
    while (!closing.signal.aborted) {
      const response = await client
        .request({
          method: 'GET',
          path: `/${service}.feed`,
          headers: { accept: 'text/event-stream', cookie: `sid=${visitor.cookie}` },
          signal: closing.signal,
        })
        .catch(() => undefined)
      if (response?.statusCode === STATUS_OF_NOBODY) return
      if (response) await readAll(response.body, options).catch(ignoreCut)
      await pause(REOPEN_AFTER_MS)
    }
  }
  const following = follow()

  return {
    async [Symbol.asyncDispose]() {
      closing.abort()
      await client.destroy()
      await following
    },
  }
}

async function readAll(
  body: Dispatcher.ResponseData['body'],
  { gateway, visitor, recorder }: StreamProbeOptions,
): Promise<void> {
  let rest = ''
  for await (const chunk of body) {
    const messages = (rest + String(chunk)).split('\n\n')
    rest = messages.pop() ?? ''
    for (const message of messages) {
      const put = readPut(message)
      if (put) record(put)
    }
  }

  function record({ by, at, claimsVersion }: Put) {
    const common = {
      session: visitor.name,
      outcome: 'accepted',
      claimsVersion,
      via: 'stream',
    } as const
    recorder.decided({ ...common, instance: by, earliest: at, latest: at })
    // The gateway passed it on at some time since.
    recorder.decided({ ...common, instance: gateway.name, earliest: at, latest: instant() })
  }
}

/** Of an event stream's message; undefined for what is not the service's, such as a gateway's last word. */
function readPut(message: string): Put | undefined {
  const [, text] = /^data: (\{"by".*)$/m.exec(message) ?? []
  return text === undefined ? undefined : putSchema.parse(JSON.parse(text))
}

function ignoreCut(): void {}
