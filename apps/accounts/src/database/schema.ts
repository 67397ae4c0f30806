import type { OrganizationId, SessionId, SubjectId } from '@portcullis/context'
import { INSTALLATION_ROLES, type InstallationRole, type OrganizationPermission } from 'claims'
import { sql } from 'drizzle-orm'
import {
  bigint,
  check,
  foreignKey,
  index,
  integer,
  jsonb,
  pgSchema,
  primaryKey,
  text,
  timestamp,
  unique,
} from 'drizzle-orm/pg-core'

/** Everything accounts owns lives in this schema; the migration runner creates it, so it is not exported. */
const accounts = pgSchema('accounts')

const listed = (values: readonly string[]) =>
  sql.raw(values.map((value) => `'${value}'`).join(', '))

export const users = accounts.table(
  'users',
  {
    id: text().$type<SubjectId>().primaryKey(),
    /** In lower case, see `normalizeEmail`. */
    email: text().notNull().unique(),
    name: text().notNull(),
    installationRoles: text('installation_roles').array().$type<InstallationRole[]>().notNull(),
    /** Rises by one with every change of what the subject may do, in the transaction of that change. */
    claimsVersion: bigint('claims_version', { mode: 'number' }).notNull().default(1),
    /** Values of the claims that `claims` declares; what is missing has its default. */
    custom: jsonb().$type<Record<string, unknown>>().notNull().default({}),
    /** Version of the declared claims under which `custom` was last announced; 0 for never. */
    claimsDefinition: integer('claims_definition').notNull().default(0),
    suspendedAt: timestamp('suspended_at', { withTimezone: true }),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [
    index('users_by_definition').on(table.claimsDefinition, table.id),
    check(
      'users_installation_roles',
      sql`${table.installationRoles} <@ array[${listed(Object.keys(INSTALLATION_ROLES))}]`,
    ),
  ],
)

export const credentials = accounts.table('credentials', {
  subject: text()
    .$type<SubjectId>()
    .primaryKey()
    .references(() => users.id, { onDelete: 'cascade' }),
  /** PHC string of argon2id, with its salt and costs. */
  passwordHash: text('password_hash').notNull(),
  updatedAt: timestamp('updated_at', { withTimezone: true }).notNull().defaultNow(),
})

export const totp = accounts.table('totp', {
  subject: text()
    .$type<SubjectId>()
    .primaryKey()
    .references(() => users.id, { onDelete: 'cascade' }),
  /** Sealed with the key of the environment, see `SecretBox`. */
  secret: text().notNull(),
  /** Null until a code has shown that the person has the secret; it is asked for from then on. */
  confirmedAt: timestamp('confirmed_at', { withTimezone: true }),
  /** Of the last code that was accepted: neither it nor an earlier one is again. */
  lastStep: bigint('last_step', { mode: 'number' }).notNull().default(0),
  /** Codes since then that were not accepted. */
  failures: integer().notNull().default(0),
  failuresSince: timestamp('failures_since', { withTimezone: true }).notNull().defaultNow(),
})

export const recoveryCodes = accounts.table(
  'recovery_codes',
  {
    subject: text()
      .$type<SubjectId>()
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    /** See `hashRecoveryCode`. A code that was used is gone. */
    hash: text().notNull(),
  },
  (table) => [primaryKey({ columns: [table.subject, table.hash] })],
)

export const organizations = accounts.table('organizations', {
  id: text().$type<OrganizationId>().primaryKey(),
  name: text().notNull(),
  /** Rises by one with every change of what holds for all members, in the transaction of that change. */
  rulesVersion: bigint('rules_version', { mode: 'number' }).notNull().default(1),
  suspendedAt: timestamp('suspended_at', { withTimezone: true }),
  createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
})

export const roles = accounts.table(
  'roles',
  {
    organization: text()
      .$type<OrganizationId>()
      .notNull()
      .references(() => organizations.id, { onDelete: 'cascade' }),
    /** Without a colon: names with one belong to the installation. */
    name: text().notNull(),
    permissions: text().array().$type<OrganizationPermission[]>().notNull(),
  },
  (table) => [primaryKey({ columns: [table.organization, table.name] })],
)

export const memberships = accounts.table(
  'memberships',
  {
    organization: text()
      .$type<OrganizationId>()
      .notNull()
      .references(() => organizations.id, { onDelete: 'cascade' }),
    subject: text()
      .$type<SubjectId>()
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    role: text().notNull(),
    /** What this member may do beside what the role permits. */
    grants: text().array().$type<OrganizationPermission[]>().notNull().default(sql`'{}'`),
    joinedAt: timestamp('joined_at', { withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [
    primaryKey({ columns: [table.organization, table.subject] }),
    index('memberships_subject').on(table.subject),
    foreignKey({
      name: 'memberships_role',
      columns: [table.organization, table.role],
      foreignColumns: [roles.organization, roles.name],
    }),
  ],
)

export const outbox = accounts.table(
  'outbox',
  {
    /** Idempotency id of the change, `chg_`. */
    id: text().primaryKey(),
    /** Order of writing. Of one subject or organization it is the order of versions: both are taken under the row's lock. */
    sequence: bigint({ mode: 'number' }).generatedAlwaysAsIdentity(),
    /** Whose claims changed, or else which organization's rules. */
    subject: text().$type<SubjectId>(),
    organization: text().$type<OrganizationId>(),
    version: bigint({ mode: 'number' }).notNull(),
    cause: text().notNull(),
    /** The change ends the subject's sessions, all but this. Null for one that ends none. */
    keepsSession: text('keeps_session').$type<SessionId>(),
    /** Who asked for it; null for the installation itself. */
    actor: text().$type<SubjectId>(),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
    publishedAt: timestamp('published_at', { withTimezone: true }),
  },
  (table) => [
    unique('outbox_subject_version').on(table.subject, table.version),
    unique('outbox_organization_version').on(table.organization, table.version),
    check('outbox_about_one', sql`num_nonnulls(${table.subject}, ${table.organization}) = 1`),
    index('outbox_unpublished').on(table.sequence).where(sql`${table.publishedAt} is null`),
    index('outbox_published').on(table.publishedAt).where(sql`${table.publishedAt} is not null`),
  ],
)
