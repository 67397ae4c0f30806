import type { OrganizationId, SubjectId } from '@portcullis/context'
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
