import { createContextVerifier, createVerificationKeys, type Jwks } from '@portcullis/context'
import type { Follower } from '@portcullis/revocation'
import { type Logger, systemClock } from '@portcullis/runtime'
import { createPortcullis } from '@portcullis/service'
import { SERVICE } from './contexts.ts'
import type { TakeSample } from './measures.ts'
import { asFromTheWire, createAndEndContext, requestWith } from './requests.ts'
import { takeSample } from './take-sample.ts'
import { timeEach, timeEachAsync } from './timing.ts'

interface PortcullisSamples extends Disposable {
  readonly samplers: Readonly<Record<'principal' | 'context' | 'firstSight', TakeSample>>
}

export interface PortcullisSamplesOptions {
  readonly contexts: readonly string[]
  /** Those that are verified anew each time. */
  readonly fewer: readonly string[]
  readonly keys: Jwks
  readonly follower: Follower
  readonly logger: Logger
}

/** Both caches have seen every context before the first sample is taken. */
export async function samplePortcullis(
  options: PortcullisSamplesOptions,
): Promise<PortcullisSamples> {
  const { contexts, fewer, keys, follower, logger } = options
  const clock = systemClock
  const decide = createDecision(options)
  for (const token of contexts) await decide.learn(token)
  const portcullis = createPortcullis({ service: SERVICE, keys, follower, logger, clock })
  const createContexts = (items: readonly ReturnType<typeof requestWith>[], by = portcullis) =>
    timeEachAsync(items, (request) => createAndEndContext(by, request))
  await createContexts(contexts.map(requestWith))
  const requestsWith = (tokens: readonly string[]) => asFromTheWire(tokens).map(requestWith)
  return {
    samplers: {
      principal: takeSample(
        () => asFromTheWire(contexts),
        (tokens) => timeEach(tokens, decide.decide),
      ),
      context: takeSample(() => requestsWith(contexts), createContexts),
      firstSight: takeSample(
        () => requestsWith(fewer),
        async (requests) => {
          using forgetful = createPortcullis({ service: SERVICE, keys, follower, logger, clock })
          return await createContexts(requests, forgetful)
        },
      ),
    },
    [Symbol.dispose]: () => portcullis[Symbol.dispose](),
  }
}

/** The step in which a service decides, without what it does for the request that follows. */
function createDecision({ keys, follower }: PortcullisSamplesOptions) {
  const verifier = createContextVerifier({
    audience: SERVICE,
    keys: createVerificationKeys(keys),
    clock: systemClock,
  })
  return {
    learn: async (token: string) => verifier.verify(token),
    decide(token: string) {
      const verified = verifier.verify(token)
      if (verified instanceof Promise) throw new Error('verified before, so this is synchronous')
      if (!follower.isFresh()) throw new Error('no lease')
      if (follower.isStale(verified.principal, verified.position)) throw new Error('stale')
      return verified.principal
    },
  }
}
