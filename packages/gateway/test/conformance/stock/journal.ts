import { TRPCError } from '@trpc/server'

/** What one service remembers. */
export class Journal {
  readonly log: string[] = []
  /** Keys of what was told to stop. */
  readonly aborted = new Set<string>()
  readonly #failed = new Set<string>()

  readonly #gates = new Map<string, PromiseWithResolvers<void>>()

  /** Pends until it is opened, by whoever comes first. */
  gateOf(key: string): PromiseWithResolvers<void> {
    const gate = this.#gates.get(key) ?? Promise.withResolvers<void>()
    this.#gates.set(key, gate)
    return gate
  }

  failOnce(key: string): string {
    if (this.#failed.has(key)) return 'at last'
    this.#failed.add(key)
    throw new TRPCError({ code: 'SERVICE_UNAVAILABLE', message: 'not yet' })
  }

  /** Pends until it is told to stop. */
  async untilAborted(key: string, signal: AbortSignal | undefined): Promise<void> {
    if (signal?.aborted !== true) {
      await new Promise((resolve) => signal?.addEventListener('abort', resolve, { once: true }))
    }
    this.aborted.add(key)
  }
}
