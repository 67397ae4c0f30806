import type { OrganizationId, SubjectId } from '@portcullis/context'
import { sql } from 'drizzle-orm'
import {
  bigint,
  check,
  index,
  pgSchema,
  primaryKey,
  text,
  timestamp,
  unique,
} from 'drizzle-orm/pg-core'
import { INSTALLATION_ROLES, type InstallationRole, ROLES, type Role } from '../members/roles.ts'

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
    createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [
    check(
      'users_installation_roles',
      sql`${table.installationRoles} <@ array[${listed(INSTALLATION_ROLES)}]`,
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
  createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
})

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
    role: text().$type<Role>().notNull(),
    joinedAt: timestamp('joined_at', { withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [
    primaryKey({ columns: [table.organization, table.subject] }),
    index('memberships_subject').on(table.subject),
    check('memberships_role', sql`${table.role} in (${listed(ROLES)})`),
  ],
)

export const outbox = accounts.table(
  'outbox',
  {
    /** Idempotency id of the change, `chg_`. */
    id: text().primaryKey(),
    /** Order of writing. Within a subject it is the order of versions: both are taken under the lock of its row. */
    sequence: bigint({ mode: 'number' }).generatedAlwaysAsIdentity(),
    subject: text().$type<SubjectId>().notNull(),
    version: bigint({ mode: 'number' }).notNull(),
    cause: text().notNull(),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
    publishedAt: timestamp('published_at', { withTimezone: true }),
  },
  (table) => [
    unique('outbox_subject_version').on(table.subject, table.version),
    index('outbox_unpublished').on(table.sequence).where(sql`${table.publishedAt} is null`),
    index('outbox_published').on(table.publishedAt).where(sql`${table.publishedAt} is not null`),
  ],
)
