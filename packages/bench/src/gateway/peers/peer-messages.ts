import { z } from 'zod'

/** What a process that is measured says of itself. */
export const peerMessageSchema = z.union([
  z.object({ url: z.url() }),
  /** Processor time used so far, user and system, in microseconds, as the operating system counts it. */
  z.object({ processorUs: z.number() }),
])
type PeerMessage = z.infer<typeof peerMessageSchema>

/** Says where this process listens, answers whatever it is asked with its processor time, and ends with whom it serves. */
export function answerParent(url: string): void {
  const say = (message: PeerMessage) => process.send?.(message, undefined, undefined, () => {})
  process.on('message', () => {
    const { user, system } = process.cpuUsage()
    say({ processorUs: user + system })
  })
  process.on('disconnect', () => process.exit())
  say({ url })
}
