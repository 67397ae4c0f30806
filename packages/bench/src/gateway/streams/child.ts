import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { addressSchema, answerSchema, type Command } from './messages.ts'

/** A process of the benchmark. Ends with disposal or with this process. */
export interface Child extends AsyncDisposable {
  readonly url: string
  /** One at a time. */
  ask(command: Command): Promise<readonly number[]>
}

export async function startChild(script: string, args: readonly string[] = []): Promise<Child> {
  const path = fileURLToPath(new URL(script, import.meta.url))
  const child = fork(path, args, { execArgv: ['--expose-gc'] })
  const next = async () => (await once(child, 'message'))[0] as unknown
  const { url } = addressSchema.parse(await next())
  return {
    url,
    async ask(command) {
      const answered = next()
      child.send(command)
      return answerSchema.parse(await answered).values
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null) return
      const exited = once(child, 'exit')
      child.disconnect()
      await exited
    },
  }
}
