import type { Dispatcher } from 'undici'
import type { GatewayLimits } from '../../limits.ts'

/** Asks a server again and again whether requests should be sent there. */
export class Probe implements Disposable {
  isReady = true
  readonly #dispatcher: Dispatcher
  readonly #path: string
  readonly #intervalMs: number
  #timer: NodeJS.Timeout | undefined
  #isDisposed = false

  constructor(
    dispatcher: Dispatcher,
    path: string,
    limits: Pick<GatewayLimits, 'probeIntervalMs'>,
  ) {
    this.#dispatcher = dispatcher
    this.#path = path
    this.#intervalMs = limits.probeIntervalMs
    void this.#ask()
  }

  [Symbol.dispose](): void {
    this.#isDisposed = true
    clearTimeout(this.#timer)
  }

  async #ask(): Promise<void> {
    const isReady = (status: number) => status >= 200 && status < 300
    const asked = askOnce(this.#dispatcher, 'GET', this.#path, isReady)
    this.isReady = await asked.then(
      () => true,
      () => false,
    )
    if (this.#isDisposed) return
    this.#timer = setTimeout(() => void this.#ask(), this.#intervalMs).unref()
  }
}

/**
 * One request on a connection of its own.
 *
 * @throws if it is not answered, or with another status.
 */
export async function askOnce(
  dispatcher: Dispatcher,
  method: 'GET' | 'HEAD',
  path: string,
  isWanted: (status: number) => boolean,
): Promise<void> {
  const { statusCode, body } = await dispatcher.request({ method, path, reset: true })
  await body.dump()
  if (!isWanted(statusCode)) throw new Error(`status ${statusCode}`)
}
