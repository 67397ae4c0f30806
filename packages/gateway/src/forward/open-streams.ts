import type { Session } from '@portcullis/sessions'
import { StreamCaps, type StreamLimits, type StreamOwner } from './stream-caps.ts'

/** An answer that has no end of its own. */
export interface OpenStream {
  /** Whose it is; undefined for nobody's. */
  readonly session: Session | undefined
  /** Whose share it is counted in; absent if it is counted elsewhere, as WebSockets are. */
  readonly owner?: StreamOwner
  /** Asked once a second: ends the stream if its session's time is over. */
  check(): void
  /** Asked many times a second while it is paused: whether it goes on. Synchronous. */
  tryResume(): boolean
  /** The gateway closes: ends it as if the service had. */
  close(): void
}

/** The streams and subscriptions that pass through this gateway. */
export interface OpenStreams extends Disposable {
  /** @throws {GatewayError} `ERR_STREAMS_TOO_MANY`, `ERR_STREAMS_EXHAUSTED`. */
  add(stream: OpenStream): void
  remove(stream: OpenStream): void
  /** It puts nothing out until it may go on. */
  pause(stream: OpenStream): void
  closeAll(): void
  readonly size: number
  count(isMeant: (session: Session) => boolean): number
}

const CHECK_INTERVAL_MS = 1_000
/** How often paused streams are looked at; one timer for all. */
const RESUME_INTERVAL_MS = 25

export function createOpenStreams(limits: StreamLimits): OpenStreams {
  const caps = new StreamCaps(limits)
  const streams = new Set<OpenStream>()
  const paused = new Set<OpenStream>()
  let resuming: NodeJS.Timeout | undefined
  const checking = setInterval(() => {
    for (const stream of [...streams]) stream.check()
  }, CHECK_INTERVAL_MS)
  checking.unref()

  function resume() {
    for (const stream of [...paused]) if (stream.tryResume()) paused.delete(stream)
    if (paused.size === 0) stopResuming()
  }

  function stopResuming() {
    clearInterval(resuming)
    resuming = undefined
  }

  return {
    add(stream) {
      if (stream.owner) caps.take(stream.owner)
      streams.add(stream)
    },
    remove(stream) {
      if (streams.delete(stream) && stream.owner) caps.give(stream.owner)
      paused.delete(stream)
    },
    pause(stream) {
      paused.add(stream)
      resuming ??= setInterval(resume, RESUME_INTERVAL_MS)
    },
    closeAll() {
      for (const stream of [...streams]) stream.close()
    },
    get size() {
      return streams.size
    },
    count: (isMeant) => [...streams].filter(({ session }) => session && isMeant(session)).length,
    [Symbol.dispose]() {
      clearInterval(checking)
      stopResuming()
    },
  }
}
