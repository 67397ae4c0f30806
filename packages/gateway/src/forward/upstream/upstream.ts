import type { Logger } from '@portcullis/runtime'
import { GatewayError } from '../../errors.ts'
import type { GatewayLimits } from '../../limits.ts'
import { isName, type Resolve, watchAddresses } from './addresses.ts'
import { Target } from './target.ts'

export interface UpstreamOptions {
  /** Name of the service. */
  readonly name: string
  /** Scheme, host and port of each. */
  readonly origins: readonly string[]
  readonly basePath: string
  readonly readyPath: string | undefined
  readonly limits: GatewayLimits
  readonly resolve: Resolve
  readonly logger: Logger
}

/** All servers of one service. */
export class Upstream {
  readonly #options: UpstreamOptions
  readonly #byOrigin = new Map<string, Target[]>()
  readonly #watches: Disposable[] = []
  /** Not chosen any more, but still finishing something. */
  readonly #leaving = new Set<Target>()
  #targets: readonly Target[] = []
  /** Set while there is just one. */
  #only: Target | undefined
  #turn = 0

  constructor(options: UpstreamOptions) {
    this.#options = options
    for (const origin of options.origins) this.#place(origin, [undefined])
    for (const origin of options.origins) this.#watch(origin)
  }

  /**
   * The one with the least to do, in turn among equals. One that has just failed, or says that it is not ready, comes
   * after all that are not; one whose breaker is open is not asked.
   *
   * @param avoid Comes last.
   * @throws {GatewayError} `ERR_CIRCUIT_OPEN` if there is none.
   */
  pick(avoid?: Target): Target {
    if (this.#only !== undefined && !this.#only.breaker.isOpen) return this.#only
    return this.#best(avoid) ?? this.#refuse()
  }

  /** Whether one is not the only one that can be asked. */
  hasOther(than: Target): boolean {
    return this.#targets.some((target) => target !== than && !target.breaker.isOpen)
  }

  /** Servers that may be chosen, and those of them whose breaker is open. */
  get servers(): { readonly known: number; readonly open: number } {
    const open = this.#targets.filter(({ breaker }) => breaker.isOpen)
    return { known: this.#targets.length, open: open.length }
  }

  /** What is under way comes to its end; streams, which have none, are ended. */
  retire(): void {
    this.#stop()
    for (const target of this.#all()) {
      void target.close()
      target.streams.destroy().catch(() => {})
    }
  }

  async destroy(): Promise<void> {
    this.#stop()
    await Promise.all(this.#all().map((target) => target.destroy()))
  }

  #best(avoid: Target | undefined): Target | undefined {
    const targets = this.#targets
    const now = performance.now()
    this.#turn = (this.#turn + 1) % targets.length
    let best: Target | undefined
    let least = Number.POSITIVE_INFINITY
    for (let i = 0; i < targets.length; i++) {
      const target = targets[(this.#turn + i) % targets.length] as Target
      if (target.breaker.isOpen) continue
      const burden =
        target.pending + (target.isDoubtful(now) ? 1e6 : 0) + (target === avoid ? 1e9 : 0)
      if (burden >= least) continue
      best = target
      least = burden
    }
    return best
  }

  #refuse(): never {
    const waitMs = Math.min(...this.#targets.map(({ breaker }) => breaker.waitMs))
    const retryAfterSeconds = Math.max(1, Math.ceil(waitMs / 1_000))
    throw new GatewayError('ERR_CIRCUIT_OPEN', { retryAfterSeconds })
  }

  #watch(origin: string): void {
    const { limits, resolve } = this.#options
    const { hostname } = new URL(origin)
    if (!isName(hostname)) return
    const { resolveIntervalMs: intervalMs, serviceAddresses: most } = limits
    // One address is no choice: the name itself then follows what it means, with each new connection.
    const onChange = (addresses: readonly string[]) =>
      this.#place(origin, addresses.length > 1 ? addresses : [undefined])
    this.#watches.push(watchAddresses({ hostname, resolve, intervalMs, most, onChange }))
  }

  /** Makes the addresses of an origin what is chosen from; those that were there keep their connections. */
  #place(origin: string, addresses: readonly (string | undefined)[]): void {
    const before = this.#byOrigin.get(origin) ?? []
    const after = addresses.map(
      (address) =>
        before.find((target) => target.address === address) ?? this.#create(origin, address),
    )
    this.#byOrigin.set(origin, after)
    this.#targets = [...this.#byOrigin.values()].flat()
    this.#only = this.#targets.length === 1 ? this.#targets[0] : undefined
    for (const target of before) if (!after.includes(target)) this.#leave(target)
  }

  #create(origin: string, address: string | undefined): Target {
    const { name, basePath, readyPath, limits, logger } = this.#options
    return new Target({
      origin,
      address,
      readyPath,
      livePath: `${basePath}/`,
      limits,
      onBreaker(target, isOpen) {
        const message = isOpen ? 'A service is not asked any more' : 'A service is asked again'
        logger.warn({ service: name, target: target.name }, message)
      },
    })
  }

  #leave(target: Target): void {
    this.#leaving.add(target)
    void target.close().then(() => this.#leaving.delete(target))
  }

  #all(): Target[] {
    return [...this.#targets, ...this.#leaving]
  }

  #stop(): void {
    for (const watch of this.#watches) watch[Symbol.dispose]()
  }
}
