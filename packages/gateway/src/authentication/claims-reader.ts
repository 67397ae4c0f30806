import type { SubjectId } from '@portcullis/context'
import type { Logger } from '@portcullis/runtime'
import type { SessionStore } from '@portcullis/sessions'
import {
  type Claims,
  type ClaimsSource,
  claimsSchema,
  type LoadedSession,
} from '@portcullis/sessions'
import { GatewayError } from '../errors.ts'

export interface ClaimsReaderOptions {
  readonly source: ClaimsSource
  readonly store: Pick<SessionStore, 'storeClaims'>
  readonly logger: Logger
  /** How long the owner of claims may take, in milliseconds. Default 3,000. */
  readonly timeoutMs?: number
}

/** Claims of a loaded session, from Redis if they may be believed, else from their owner. */
export interface ClaimsReader {
  /**
   * @returns null if the owner knows no such subject.
   * @throws {GatewayError} `ERR_UNVERIFIABLE` when the owner is away or answers less than was announced.
   */
  read(loaded: LoadedSession): Promise<Claims | null>
}

export function createClaimsReader(options: ClaimsReaderOptions): ClaimsReader {
  const { source, store, logger, timeoutMs = 3_000 } = options
  const asking = new Map<string, Promise<Claims | null>>()

  async function ask({ session, claimsAtLeast, point }: LoadedSession) {
    const { subject } = session
    const claims = await askOwner(subject, claimsAtLeast)
    // The cache is a convenience of the next load; this one has its answer.
    if (claims) store.storeClaims(subject, claims, point).catch(reportNotCached)
    return claims
  }

  async function askOwner(subject: SubjectId, atLeast: number) {
    try {
      const signal = AbortSignal.timeout(timeoutMs)
      const answer = await source.load(subject, { atLeast, signal })
      if (answer === null) return null
      const claims = claimsSchema.parse(answer)
      if (claims.version >= atLeast) return claims
    } catch (cause) {
      throw new GatewayError('ERR_UNVERIFIABLE', { cause })
    }
    throw new GatewayError('ERR_UNVERIFIABLE')
  }

  function reportNotCached(err: unknown) {
    logger.warn({ err }, 'claims could not be cached')
  }

  return {
    async read(loaded) {
      if (loaded.claims) return loaded.claims
      // Sessions of one subject that need the same version share one question.
      const question = `${loaded.session.subject} ${loaded.claimsAtLeast} ${loaded.point.nonce}`
      const asked = asking.get(question)
      if (asked) return asked
      const answer = ask(loaded).finally(() => asking.delete(question))
      asking.set(question, answer)
      return answer
    },
  }
}
