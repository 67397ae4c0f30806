import type { ClaimsDefinition } from '@portcullis/context'
import type { Logger } from '@portcullis/runtime'
import {
  type Claims,
  type ClaimsSource,
  claimsSchema,
  type LoadedSession,
  type SessionStore,
} from '@portcullis/sessions'
import { GatewayError } from '../errors.ts'
import { askOwner } from './ask-owner.ts'

export interface ClaimsReaderOptions {
  readonly source: ClaimsSource
  readonly store: Pick<SessionStore, 'storeClaims'>
  /** The claims of the team's own; left out, they are passed on as their owner has them. */
  readonly definition?: ClaimsDefinition | undefined
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
  const { source, store, definition, logger, timeoutMs = 3_000 } = options
  const asking = new Map<string, Promise<Claims | null>>()

  async function ask({ session: { subject }, claimsAtLeast: atLeast, point }: LoadedSession) {
    const answer = await askOwner({
      load: (question) => source.load(subject, question),
      schema: claimsSchema,
      atLeast,
      timeoutMs,
    })
    const claims = answer && byDefinition(answer)
    // The cache is a convenience of the next load; this one has its answer.
    if (claims) store.storeClaims(subject, claims, point).catch(reportNotCached)
    return claims
  }

  /** Claims that were cached before another was declared are asked for anew, and filled. */
  function isByDefinition({ definition: version = 0 }: Claims) {
    return definition === undefined || version >= definition.version
  }

  function byDefinition(claims: Claims): Claims {
    if (definition === undefined) return claims
    try {
      return { ...claims, custom: definition.parse(claims.custom), definition: definition.version }
    } catch (cause) {
      throw new GatewayError('ERR_UNVERIFIABLE', { cause })
    }
  }

  function reportNotCached(err: unknown) {
    logger.warn({ err }, 'claims could not be cached')
  }

  return {
    async read(loaded) {
      if (loaded.claims && isByDefinition(loaded.claims)) return loaded.claims
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
