import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { peerMessageSchema } from './peer-messages.ts'

/** A server in a process of its own. Ends with disposal or with this process. */
export interface Peer extends AsyncDisposable {
  readonly url: string
  /** Processor time that its process has used so far, in microseconds. */
  processorUs(): Promise<number>
}

const SCRIPTS = {
  'claims-gateway': new URL('../../claims/peers/gateway-main.ts', import.meta.url),
  'claims-service': new URL('../../claims/peers/service-main.ts', import.meta.url),
  gateway: new URL('./gateway-main.ts', import.meta.url),
  proxy: new URL('./proxy-main.ts', import.meta.url),
  service: new URL('../services/main.ts', import.meta.url),
}

/** @param settings What its script reads. */
export async function startPeer(script: keyof typeof SCRIPTS, settings: object): Promise<Peer> {
  const entry = fileURLToPath(SCRIPTS[script])
  // As in production: tRPC looks for it, and adds the stack to each error otherwise.
  const env = { ...process.env, NODE_ENV: 'production' }
  const child = fork(entry, [JSON.stringify(settings)], { env })
  const exited = once(child, 'exit')
  const failed = exited.then(([code]) => {
    throw new Error(`${script} exited with ${code}`)
  })
  failed.catch(() => {})
  const next = async () => {
    const [message] = await Promise.race([once(child, 'message'), failed])
    return peerMessageSchema.parse(message)
  }
  const ready = await next()
  if (!('url' in ready)) throw new TypeError(`${script} did not say where it is`)
  return {
    url: ready.url,
    async processorUs() {
      child.send('processor-time')
      const answer = await next()
      if (!('processorUs' in answer)) throw new TypeError(`${script} answered something else`)
      return answer.processorUs
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null) return
      child.disconnect()
      await exited
    },
  }
}
