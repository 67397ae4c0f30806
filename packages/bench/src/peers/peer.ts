import { fork } from 'node:child_process'
import { once } from 'node:events'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { peerMessageSchema, type Question } from './peer-messages.ts'

/** A server in a process of its own. Ends with disposal or with this process. */
export interface Peer extends AsyncDisposable {
  readonly url: string
  /** Processor time that its process has used so far, in microseconds. */
  processorUs(): Promise<number>
}

/** One whose script calls `answerParent`. It is asked one question at a time. */
export interface ScriptPeer extends Peer {
  readonly pid: number
  /** Bytes after a collection: heap with buffers, and resident. */
  memory(): Promise<{ readonly heapBytes: number; readonly residentBytes: number }>
}

/**
 * @param script `new URL('./peers/some-main.ts', import.meta.url)`
 * @param settings What it reads as JSON from its first argument.
 */
export async function startPeer(script: URL, settings: object): Promise<ScriptPeer> {
  const name = basename(script.pathname)
  // As in production: tRPC and express look for it, and tell more about errors otherwise.
  const env = { ...process.env, NODE_ENV: 'production' }
  const execArgv = ['--expose-gc']
  const child = fork(fileURLToPath(script), [JSON.stringify(settings)], { env, execArgv })
  const exited = once(child, 'exit')
  const failed = exited.then(([code]) => {
    throw new Error(`${name} exited with ${code}`)
  })
  failed.catch(() => {})
  const next = async () => {
    const [message] = await Promise.race([once(child, 'message'), failed])
    return peerMessageSchema.parse(message)
  }
  const ask = (question: Question) => {
    const answer = next()
    child.send(question)
    return answer
  }
  const wrong = () => new TypeError(`${name} answered something else`)
  const ready = await next()
  if (!('url' in ready)) throw wrong()
  return {
    url: ready.url,
    pid: child.pid as number,
    async processorUs() {
      const answer = await ask('processor-time')
      if (!('processorUs' in answer)) throw wrong()
      return answer.processorUs
    },
    async memory() {
      const answer = await ask('memory')
      if (!('heapBytes' in answer)) throw wrong()
      return answer
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null) return
      child.disconnect()
      await exited
    },
  }
}
