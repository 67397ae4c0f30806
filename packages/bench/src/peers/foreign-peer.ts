import { startProcess } from '@portcullis/testing'
import type { Peer } from './peer.ts'
import { processorUsOf } from './processor-time.ts'

export interface ForeignPeerOptions {
  readonly command: string
  readonly args: readonly string[]
  /** Where it listens. */
  readonly url: string
  /** Ready once this answers with a 2xx status, or once it writes a line that matches; with neither at once. */
  readonly readyUrl?: string
  readonly readyLine?: RegExp
}

/** A server that is no script of ours, such as nginx, in the foreground. Its children's time counts as its own. */
export async function startForeignPeer(options: ForeignPeerOptions): Promise<Peer> {
  const { url, ...start } = options
  const started = await startProcess(start)
  return {
    url,
    processorUs: () => processorUsOf(started.pid),
    [Symbol.asyncDispose]: () => started[Symbol.asyncDispose](),
  }
}
