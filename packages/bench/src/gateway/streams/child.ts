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

const SCRIPTS = {
  gateway: new URL('./gateway-process.ts', import.meta.url),
  service: new URL('./service-process.ts', import.meta.url),
}

export async function startChild(
  script: keyof typeof SCRIPTS,
  args: readonly string[] = [],
): Promise<Child> {
  const child = fork(fileURLToPath(SCRIPTS[script]), args, { execArgv: ['--expose-gc'] })
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
