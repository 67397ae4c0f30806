import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { startRedis } from '@portcullis/testing'
import { z } from 'zod'
import { createVisitor } from '../support/start-gateway.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'

export interface FuzzedGateway extends AsyncDisposable {
  readonly port: number
  /** Value of the session cookie of somebody who is signed in. */
  readonly token: string
  readonly services: ReadonlyMap<string, Upstream>
  /** Answers of 500 and more that the services gave since the last `forget`. */
  serviceFailures(): number
  forget(): void
  /** What the gateway's process wrote: failures of its own, and how it died. */
  complaints(): string
}

const SCRIPT = fileURLToPath(new URL('./gateway-process.ts', import.meta.url))

/** A gateway in a process of its own, on a real Redis, with two services behind it that remember what they got. */
export async function startFuzzedGateway(): Promise<FuzzedGateway> {
  await using owned = new AsyncDisposableStack()
  const redis = owned.use(await startRedis())
  let failures = 0
  const services = new Map<string, Upstream>()
  for (const name of ['orders', 'accounts']) {
    const service = owned.use(await startUpstream(name))
    service.server.prependListener('request', (_request, response) => {
      response.on('finish', () => {
        if (response.statusCode >= 500) failures++
      })
    })
    services.set(name, service)
  }
  const urls = Object.fromEntries([...services].map(([name, { url }]) => [name, url]))
  const settings = JSON.stringify({ redisUrl: redis.url, services: urls })
  const child = fork(SCRIPT, [settings], { silent: true })
  let written = ''
  for (const output of [child.stdout, child.stderr]) {
    output?.on('data', (chunk: Buffer) => {
      written += chunk.toString()
    })
  }
  const exited = once(child, 'exit').then(([code, signal]) => {
    written += `the gateway ended: ${code ?? signal}\n`
  })
  owned.defer(async () => {
    child.disconnect()
    await exited
  })
  const [message] = await Promise.race([once(child, 'message'), exited.then(() => [])])
  const { url } = z.object({ url: z.url() }, { error: () => written }).parse(message)
  const visitor = createVisitor(url)
  await visitor.signIn('grace@example.com')
  const everything = owned.move()
  return {
    port: Number(new URL(url).port),
    token: visitor.cookie.slice('sid='.length),
    services,
    serviceFailures: () => failures,
    forget() {
      failures = 0
      for (const { seen, aborted } of services.values()) {
        seen.length = 0
        aborted.length = 0
      }
    },
    complaints: () => written,
    [Symbol.asyncDispose]: () => everything.disposeAsync(),
  }
}
