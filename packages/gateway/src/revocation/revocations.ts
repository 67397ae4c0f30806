import { createId, type Position } from '@portcullis/context'
import { RedisError } from '@portcullis/redis'
import type { Change, Follower, Receipt } from '@portcullis/revocation'
import type { Clock } from '@portcullis/runtime'
import type { SessionSelector, SessionStore } from '@portcullis/sessions'
import type { OpenStreams } from '../forward/open-streams.ts'
import { askStore } from '../procedures/ask-store.ts'
import type { RevocationReceipt } from './receipt.ts'
import { parseRevokeOptions, parseSelector, type RevokeOptions } from './revoke-options.ts'
import { selects } from './selects.ts'
import { within } from './within.ts'

/** What `revoke` would end at this moment. */
export interface RevocationPreview {
  /** Live sessions; null where they cannot be counted. */
  readonly sessions: number | null
  /** Streams and subscriptions that are open at this gateway. */
  readonly streams: number
}

/** Ends sessions, and finds out when that is in force everywhere. */
export interface Revocations {
  /**
   * Ends the sessions that a selector means. Resolves with what is known, also when Redis does not answer: `indeterminate`
   * is to be repeated under the same id. Whatever it resolves with but that, the next request at this gateway sees it.
   *
   * @throws {TypeError} for a selector or an option that is none.
   * @throws {GatewayError} `ERR_SESSION_NOT_FOUND`, `ERR_CHANGE_ID_REUSED`; `ERR_UNVERIFIABLE` if nothing was changed, since
   *   Redis refused.
   */
  revoke(selector: SessionSelector, options: RevokeOptions): Promise<RevocationReceipt>
  /** Ends nothing. @throws as `revoke`. */
  preview(selector: SessionSelector): Promise<RevocationPreview>
  /** Makes another change of a session, and waits for a majority to have it. @throws as `revoke`. */
  change(make: (id: string) => Promise<{ readonly position: Position }>): Promise<RevocationReceipt>
}

export interface RevocationsOptions {
  readonly sessions: Pick<SessionStore, 'revoke' | 'preview'>
  readonly follower: Pick<Follower, 'enforce'>
  readonly openStreams: OpenStreams
  readonly clock: Clock
}

interface Made extends Pick<Change, 'position' | 'nonce'> {
  readonly ended?: number | null
}

interface Asked extends Pick<Change, 'id' | 'startedAt' | 'wait'> {
  readonly timeoutMs?: number | undefined
}

export function createRevocations(options: RevocationsOptions): Revocations {
  const { sessions, follower, openStreams, clock } = options

  function receiptOf(receipt: Receipt | undefined, asked: Asked, ended: number | null = null) {
    return { ...(receipt ?? unknownReceipt(asked)), ended }
  }

  function unknownReceipt({ id, startedAt }: Asked): Receipt {
    const tookMs = clock.now() - startedAt
    return { level: 'indeterminate', durable: false, id, position: null, tookMs, instances: [] }
  }

  async function settle(make: () => Promise<Made>, asked: Asked): Promise<RevocationReceipt> {
    const made = await within(asked.timeoutMs, askStore(make, isOutcomeUnknown))
    if (!made) return receiptOf(undefined, asked)
    const { ended, ...place } = made
    const receipt = await enforce({ ...asked, ...place }, asked)
    return receiptOf(
      receipt ?? { ...unknownReceipt(asked), position: place.position },
      asked,
      ended,
    )
  }

  /** What is known when the time is over: that a majority has it, or nothing. */
  async function enforce(change: Change, { startedAt, timeoutMs }: Asked) {
    const enforced = follower.enforce(change)
    if (timeoutMs === undefined) return enforced
    const proven = follower.enforce({ ...change, wait: 'majority' })
    const leftMs = startedAt + timeoutMs - clock.now()
    return (await within(leftMs, enforced)) ?? within(0, proven)
  }

  return {
    async revoke(selector, revokeOptions) {
      const meant = parseSelector(selector)
      const parsed = parseRevokeOptions(revokeOptions)
      const { id = createId('chg'), reason: cause, actor, ...asked } = parsed
      // A session ends once and no other takes its id: without an id given there is nothing to recognise.
      const isNamed = revokeOptions.id !== undefined || !('session' in meant)
      const change = { cause, ...(isNamed && { id }), by: { actor, change: id } }
      return settle(() => sessions.revoke(meant, change), { ...asked, id, startedAt: clock.now() })
    },

    async preview(selector) {
      const meant = parseSelector(selector)
      const counted = await askStore(() => sessions.preview(meant))
      return { sessions: counted, streams: openStreams.count((of) => selects(meant, of)) }
    },

    async change(make) {
      const id = createId('chg')
      return settle(() => make(id), { id, startedAt: clock.now(), wait: 'majority' })
    },
  }
}

/** Refused, it was not made; whatever else failed, it may have been. */
function isOutcomeUnknown(error: unknown): boolean {
  return error instanceof RedisError && error.code !== 'ERR_REDIS_REFUSED'
}
