import { z } from 'zod'

const questionSchema = z.enum(['processor-time', 'memory'])
export type Question = z.infer<typeof questionSchema>

/** What a process that is measured says of itself: first where it listens, then what it is asked. */
export const peerMessageSchema = z.union([
  z.object({ url: z.url() }),
  /** Processor time used so far, user and system, in microseconds, as the operating system counts it. */
  z.object({ processorUs: z.number() }),
  /** Bytes after a collection: heap with buffers, and resident. */
  z.object({ heapBytes: z.number(), residentBytes: z.number() }),
])
type PeerMessage = z.infer<typeof peerMessageSchema>

/** Says where this process listens, answers what it is asked, and ends with whom it serves. */
export function answerParent(url: string): void {
  const say = (message: PeerMessage) => process.send?.(message, undefined, undefined, () => {})
  process.on('message', (message) => say(ANSWERS[questionSchema.parse(message)]()))
  process.on('disconnect', () => process.exit())
  say({ url })
}

const ANSWERS: Record<Question, () => PeerMessage> = {
  'processor-time'() {
    const { user, system } = process.cpuUsage()
    return { processorUs: user + system }
  },
  memory() {
    if (!globalThis.gc) throw new TypeError('started without --expose-gc')
    globalThis.gc()
    const { heapUsed, external, rss } = process.memoryUsage()
    return { heapBytes: heapUsed + external, residentBytes: rss }
  },
}
