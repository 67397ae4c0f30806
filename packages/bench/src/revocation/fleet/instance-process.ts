import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { answerSchema, type Command } from '../instances/messages.ts'

/** A process that holds instances. Ends with disposal or with this process. */
export interface InstanceProcess extends AsyncDisposable {
  /** Rejects with what went wrong there. */
  ask(command: Command): Promise<number>
}

const SCRIPT = fileURLToPath(new URL('../instances/main.ts', import.meta.url))

export function startInstanceProcess(): InstanceProcess {
  const child = fork(SCRIPT)
  const asked = new Map<number, PromiseWithResolvers<number>>()
  let calls = 0

  child.on('message', (message) => {
    const answer = answerSchema.parse(message)
    const call = asked.get(answer.call)
    asked.delete(answer.call)
    if ('value' in answer) call?.resolve(answer.value)
    else call?.reject(new Error(answer.failure))
  })
  child.on('exit', (code) => {
    for (const call of asked.values()) call.reject(new Error(`instances exited with ${code}`))
  })

  return {
    ask(command) {
      const call = Promise.withResolvers<number>()
      calls += 1
      asked.set(calls, call)
      child.send({ call: calls, command })
      return call.promise
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null) return
      const exited = once(child, 'exit')
      child.disconnect()
      await exited
    },
  }
}
