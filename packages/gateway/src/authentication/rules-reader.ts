import type { OrganizationId, Position } from '@portcullis/context'
import type { Follower } from '@portcullis/revocation'
import type { Logger } from '@portcullis/runtime'
import {
  type ClaimsSource,
  type OrganizationRules,
  organizationRulesSchema,
  type SessionStore,
} from '@portcullis/sessions'
import { LRUCache } from 'lru-cache'
import { GatewayError } from '../errors.ts'
import { askOwner } from './ask-owner.ts'

export interface RulesReaderOptions {
  readonly source: ClaimsSource
  readonly store: Pick<SessionStore, 'loadRules' | 'storeRules'>
  readonly follower: Pick<Follower, 'admitRules' | 'areRulesStale' | 'catchUp' | 'position'>
  readonly logger: Logger
  /** Organizations whose rules are kept in memory; the one used longest ago makes room. Default 10,000. */
  readonly maxOrganizations?: number
  /** How long the owner of rules may take, in milliseconds. Default 3,000. */
  readonly timeoutMs?: number
}

/**
 * What holds for all members of an organization at once: read once, however many they are, and again only when something
 * was said about it.
 */
export interface RulesReader {
  /**
   * As of this very step: null for an organization that does not exist (any more), `undefined` if it has to be read first.
   */
  current(organization: OrganizationId | null): OrganizationRules | null | undefined
  /** @throws {GatewayError} `ERR_UNVERIFIABLE` */
  read(organization: OrganizationId): Promise<void>
}

interface CachedRules {
  readonly rules: OrganizationRules | null
  /** Place in the log at which they were last found current. */
  checkedAt: Position
}

/** Where the owner of claims has no rules, or no organization is active: memberships say all there is to say. */
const NO_RULES: OrganizationRules = { version: 0, roles: {} }
/** How often a load is repeated because something was said about the organization meanwhile. */
const MAX_LOADS = 4

export function createRulesReader(options: RulesReaderOptions): RulesReader {
  const { source, store, follower, logger, maxOrganizations = 10_000, timeoutMs = 3_000 } = options
  const cache = new LRUCache<OrganizationId, CachedRules>({ max: maxOrganizations })
  const reading = new Map<OrganizationId, Promise<void>>()

  async function loadOnce(organization: OrganizationId) {
    const { point, rules: cached, atLeast } = await store.loadRules(organization)
    const rules = cached ?? (await ask(organization, atLeast))
    if (!cached && rules) store.storeRules(organization, rules, point).catch(reportNotCached)
    if (follower.admitRules(point, organization) === 'ahead') await follower.catchUp()
    if (follower.admitRules(point, organization) !== 'admitted') return false
    cache.set(organization, { rules, checkedAt: point.position })
    return true
  }

  async function ask(organization: OrganizationId, atLeast: number) {
    const load = async (question: Parameters<ClaimsSource['load']>[1]) =>
      source.loadRules?.(organization, question)
    return askOwner({ load, schema: organizationRulesSchema, atLeast, timeoutMs })
  }

  async function load(organization: OrganizationId) {
    try {
      for (let loads = 0; loads < MAX_LOADS; loads += 1) if (await loadOnce(organization)) return
    } catch (cause) {
      if (cause instanceof GatewayError) throw cause
      throw new GatewayError('ERR_UNVERIFIABLE', { cause })
    }
    throw new GatewayError('ERR_UNVERIFIABLE')
  }

  function reportNotCached(err: unknown) {
    logger.warn({ err }, 'rules of an organization could not be cached')
  }

  return {
    current(organization) {
      if (organization === null || !source.loadRules) return NO_RULES
      const cached = cache.get(organization)
      if (!cached || follower.areRulesStale(organization, cached.checkedAt)) return undefined
      cached.checkedAt = follower.position
      return cached.rules
    },

    async read(organization) {
      const underway = reading.get(organization)
      if (underway) return underway
      const next = load(organization).finally(() => reading.delete(organization))
      reading.set(organization, next)
      return next
    },
  }
}
