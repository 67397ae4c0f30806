import type { Logger } from '@portcullis/runtime'
import { PartCollector } from './batch/part-collector.ts'
import { Exchange } from './forward/exchange.ts'
import type { Service } from './forward/services.ts'
import { type Envelope, envelopeOf, type Transformer } from './respond/envelope.ts'

/** Makes sure that services have the transformer that the gateway was told of. */
export interface TransformerCheck extends Disposable {
  /** Looks at those it does not know yet, each as soon as it can be reached, and forgets those that are gone. */
  follow(services: Iterable<Service>): void
}

export interface TransformerCheckOptions {
  readonly transformer: Transformer
  readonly logger: Logger
}

/** A service that cannot be reached is asked again after this, then after twice as long, milliseconds. */
const FIRST_RETRY_MS = 1_000
const LAST_RETRY_MS = 30_000

/** A disagreement is logged as an error; calls go on, since what is wrong may be the gateway's side. */
export function createTransformerCheck(options: TransformerCheckOptions): TransformerCheck {
  const { logger } = options
  const envelope = envelopeOf(options.transformer)
  const known = new Map<Service, NodeJS.Timeout | undefined>()

  async function look(service: Service, retryMs: number) {
    const found = await ask(service, envelope).catch(() => undefined)
    if (!known.has(service)) return
    if (found === undefined) {
      const timer = setTimeout(look, retryMs, service, Math.min(2 * retryMs, LAST_RETRY_MS))
      known.set(service, timer.unref())
    } else if (found !== envelope.name) {
      report(service, found)
    }
  }

  function report({ name: service }: Service, found: string) {
    const expected = envelope.name
    if (found === UNCLEAR) {
      logger.warn({ service }, 'A service does not answer as tRPC does; its transformer is unknown')
      return
    }
    const message = 'A service has another transformer than the gateway: its errors cannot be read'
    logger.error({ service, expected, found }, message)
  }

  function forget(service: Service) {
    clearTimeout(known.get(service))
    known.delete(service)
  }

  return {
    follow(services) {
      const current = new Set(services)
      for (const service of known.keys()) if (!current.has(service)) forget(service)
      for (const service of current) {
        if (known.has(service)) continue
        known.set(service, undefined)
        void look(service, FIRST_RETRY_MS)
      }
    },
    [Symbol.dispose]() {
      for (const service of known.keys()) forget(service)
    },
  }
}

const UNCLEAR = 'unclear'
/** An answer to this is an error of tRPC's own and short. */
const MAX_ANSWER_BYTES = 65_536

/**
 * The transformer of a service, told by the envelope of the error for a procedure that it does not have.
 *
 * @throws {GatewayError} if it cannot be reached.
 */
async function ask(service: Service, envelope: Envelope): Promise<string> {
  const collector = new PartCollector(MAX_ANSWER_BYTES)
  const exchange = new Exchange(
    {
      lane: service.pool,
      method: 'GET',
      path: `${service.basePath}/${service.name}.portcullis-transformer`,
      body: null,
      isRepeatable: true,
      prove: () => ({ isEnded: false }),
      headers: () => ['accept', 'application/json', 'user-agent', 'portcullis'],
      catchUp: async () => {},
    },
    collector,
  )
  exchange.start()
  return nameTransformer((await collector.answer).body, envelope)
}

function nameTransformer(body: string, envelope: Envelope): string {
  const answer = attempt(() => JSON.parse(body) as unknown)
  if (typeof answer !== 'object' || answer === null || !('error' in answer)) return UNCLEAR
  const { error } = answer
  if (isErrorShape(attempt(() => envelope.unpack(error)))) return envelope.name
  if (isErrorShape(error)) return 'none'
  return isErrorShape((error as { json?: unknown } | null)?.json) ? 'superjson' : 'another'
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}

function isErrorShape(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'code' in value && 'message' in value
}
