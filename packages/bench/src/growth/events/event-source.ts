import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { madeSchema } from './messages.ts'

/** A process that says in the log, so many times a second, that somebody's claims have changed. Ends with disposal. */
export interface EventSource extends AsyncDisposable {
  /** @returns how many it has made so far. */
  make(rate: number): Promise<number>
}

const SCRIPT = fileURLToPath(new URL('./source-process.ts', import.meta.url))

export function startEventSource(redisUrl: string, secret: string): EventSource {
  const child = fork(SCRIPT, [redisUrl, secret])
  const exited = once(child, 'exit')
  const failed = exited.then(([code]) => {
    throw new Error(`the source of events exited with ${code}`)
  })
  failed.catch(() => {})
  return {
    async make(rate) {
      const answer = once(child, 'message')
      child.send({ rate })
      const [message] = await Promise.race([answer, failed])
      return madeSchema.parse(message).made
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null) return
      child.disconnect()
      await exited
    },
  }
}
