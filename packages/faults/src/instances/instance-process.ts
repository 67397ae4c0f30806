import { fileURLToPath } from 'node:url'
import { CONTEXT_HEADER } from '@portcullis/context'
import { type StartedProcess, startProcess } from '@portcullis/testing'
import { request } from 'undici'
import { answerSchema } from './answer.ts'
import type { InstancePlan } from './instance-plan.ts'
import type { Service } from './service.ts'

/** A gateway or a service in a process of its own. */
export interface InstanceProcess extends Service {
  readonly pid: number
  /** SIGSTOP; what is asked from now on waits in its sockets. */
  pause(): void
  /** SIGCONT */
  resume(): void
  /** Keeps its event loop busy. */
  block(ms: number): Promise<void>
  /** SIGKILL */
  kill(): Promise<void>
}

const MAIN = fileURLToPath(new URL('./instance-main.ts', import.meta.url))

export async function startInstanceProcess(plan: InstancePlan): Promise<InstanceProcess> {
  const process = await startProcess({
    command: globalThis.process.execPath,
    args: [MAIN],
    env: { INSTANCE: JSON.stringify(plan) },
    readyLine: /^ready /,
  })
  const [, url = '', control = ''] = /^ready (\S+) (\S+)$/m.exec(process.output()) ?? []
  return instanceOf(plan.name, { process, url, control })
}

interface Running {
  readonly process: StartedProcess
  readonly url: string
  readonly control: string
}

function instanceOf(name: string, { process, url, control }: Running): InstanceProcess {
  let isFrozen = false
  return {
    name,
    audience: name,
    url,
    pid: process.pid,
    pause() {
      process.signal('SIGSTOP')
      isFrozen = true
    },
    resume() {
      isFrozen = false
      process.signal('SIGCONT')
    },
    async block(ms) {
      await request(`${control}/block`, { method: 'POST', body: String(ms) })
    },
    async kill() {
      process.signal('SIGKILL')
      await process.exited
    },
    async decide(context) {
      const { body } = await request(`${url}/me`, {
        headers: { [CONTEXT_HEADER]: context },
        headersTimeout: 60_000,
      })
      return answerSchema.parse(await body.json())
    },
    async [Symbol.asyncDispose]() {
      if (isFrozen) process.signal('SIGCONT')
      await process.stop({ timeoutMs: 2_000 })
    },
  }
}
