import type { SubjectId } from '@portcullis/context'
import type { ClaimsChange, FillPoint, Receipt, ReceiptLevel } from '@portcullis/revocation'
import { createLogger, type Logger } from '@portcullis/runtime'
import { type PostgresServer, startPostgres } from '@portcullis/testing'
import { sql } from 'drizzle-orm'
import { type CommitChange, createCommit } from '../src/claims/commit-change.ts'
import { type Database, openDatabase } from '../src/database/database.ts'
import { migrate } from '../src/database/migrate.ts'
import { seedDemo } from '../src/demo/seed-demo.ts'
import type { MemberChanges } from '../src/members/change-member.ts'
import { createMemberChanges } from '../src/members/change-member.ts'
import {
  createOrganizationChanges,
  type OrganizationChanges,
} from '../src/organizations/change-organization.ts'
import type { Enforcer } from '../src/outbox/enforcement.ts'
import { createOutbox, type Outbox, type OutboxOptions } from '../src/outbox/outbox.ts'
import { createPasswordHasher, type PasswordHasher } from '../src/passwords/password-hasher.ts'
import { createPersonChanges, type PersonChanges } from '../src/people/change-person.ts'
import { createRoleChanges, type RoleChanges } from '../src/roles/change-role.ts'
import { createSecondFactor, type SecondFactor } from '../src/totp/second-factor.ts'

export const silentLogger: Logger = createLogger({ name: 'accounts-test', level: 'silent' })

export const TOTP_KEY = Buffer.alloc(32, 5).toString('base64url')

export const ADA = { organization: 'org_acme', actor: 'usr_ada' } as const
export const GRACE: SubjectId = 'usr_grace'
export const LINUS: SubjectId = 'usr_linus'

export interface SeededAccounts extends AsyncDisposable {
  readonly postgres: PostgresServer
  readonly database: Database
  readonly passwords: PasswordHasher
  readonly secondFactor: SecondFactor
  /** As it was at the start. */
  reset(): Promise<void>
}

/** A migrated database with the demo people. */
export async function startSeeded(): Promise<SeededAccounts> {
  const postgres = await startPostgres()
  const database = openTestDatabase(postgres)
  const passwords = await createPasswordHasher()
  await migrate(database)
  await seedDemo(database, passwords)
  const { commit } = openChanges(database, { publisher: new RecordingPublisher() })
  const now = () => Date.now()
  return {
    postgres,
    database,
    passwords,
    secondFactor: createSecondFactor({ database, commit, totpKey: TOTP_KEY, now }),
    async reset() {
      await database.statements.execute(
        sql`truncate accounts.users, accounts.organizations, accounts.outbox cascade`,
      )
      await seedDemo(database, passwords)
    },
    async [Symbol.asyncDispose]() {
      await database[Symbol.asyncDispose]()
      await postgres[Symbol.asyncDispose]()
    },
  }
}

export function openTestDatabase({ url }: PostgresServer): Database {
  return openDatabase({ url, onConnectionError: () => {} })
}

interface Changes {
  members: MemberChanges
  roles: RoleChanges
  people: PersonChanges
  organizations: OrganizationChanges
}

export function openChanges(
  database: Database,
  options: Pick<OutboxOptions, 'publisher'> & Partial<OutboxOptions>,
): Changes & { outbox: Outbox; commit: CommitChange } {
  const enforcer = new ObedientEnforcer()
  const outbox = createOutbox({ database, enforcer, logger: silentLogger, ...options })
  const commit = createCommit({ database, outbox })
  return {
    outbox,
    commit,
    members: createMemberChanges(commit),
    roles: createRoleChanges(commit),
    people: createPersonChanges(commit),
    organizations: createOrganizationChanges(commit),
  }
}

/** Everyone has applied everything at once, unless it is told otherwise. */
export class ObedientEnforcer implements Enforcer {
  readonly instance = 'ins_accounts'
  readonly leaseMs = 100
  /** What is known by the time it is asked for; null for never. */
  levels: { majority: ReceiptLevel; enforced: ReceiptLevel | null } = {
    majority: 'pending',
    enforced: 'enforced',
  }
  position = { epoch: 1, seq: 0 }
  readonly asked: Parameters<Enforcer['enforce']>[0][] = []

  async enforce(change: Parameters<Enforcer['enforce']>[0]): Promise<Receipt> {
    this.asked.push(change)
    const level = this.levels[change.wait === 'majority' ? 'majority' : 'enforced']
    if (level === null) return new Promise(() => {})
    const { id, position } = change
    return { level, durable: false, id, position, tookMs: 1, instances: [] }
  }
}

/** Announces each id once, as the real one does, and remembers the order. */
export class RecordingPublisher {
  readonly announced: ClaimsChange[] = []
  readonly originators: unknown[] = []
  readonly #points = new Map<string, FillPoint>()

  async publish(change: ClaimsChange, originator?: unknown) {
    const known = this.#points.get(change.id)
    if (known) return known
    this.announced.push(change)
    this.originators.push(originator)
    const point = { position: { epoch: 1, seq: this.announced.length }, nonce: 'n' }
    this.#points.set(change.id, point)
    return point
  }

  versionsOf(subject: SubjectId): number[] {
    return this.announced.filter((change) => change.subject === subject).map((c) => c.version)
  }
}

/** Redis is away. */
export class ThrowingPublisher {
  publish(): Promise<FillPoint> {
    return Promise.reject(new Error('away'))
  }
}

/** The process dies, as far as anybody can tell, while it publishes. */
export class HangingPublisher {
  publish(): Promise<FillPoint> {
    return new Promise(() => {})
  }
}
