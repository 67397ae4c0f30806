import { createId, type OrganizationId, type SessionId, type SubjectId } from '@portcullis/context'
import { eq, sql } from 'drizzle-orm'
import type { Statements } from '../database/database.ts'
import { organizations, outbox, users } from '../database/schema.ts'
import { AccountsError } from '../errors.ts'

/** Why somebody's claims changed. */
export type SubjectChangeCause =
  | 'member.added'
  | 'member.role-changed'
  | 'member.grants-changed'
  | 'member.removed'
  | 'user.suspended'
  | 'user.restored'
  | 'user.deleted'
  | 'claim.changed'
  | 'claims.filled'
  | 'credential.changed'
  | 'second-factor.added'
  | 'second-factor.removed'

/** Why what holds for all members of an organization changed. */
export type OrganizationChangeCause =
  | 'role.edited'
  | 'role.removed'
  | 'organization.suspended'
  | 'organization.restored'

/** Why, and who asked for it, as the log and the audit trail will show it. */
interface Reason<Cause> {
  cause: Cause
  actor?: SubjectId | undefined
}

/** Whose versions: those of a subject's claims, or of an organization's rules. */
export type Versions =
  | { subject: SubjectId; organization?: undefined }
  | { organization: OrganizationId; subject?: undefined }

/** A version that a transaction made. */
export type Versioned = Versions & { version: number }

/**
 * Raises the subject's claims version and writes the outbox row. Call it in the transaction that changes the claims:
 * either all of it happened or none, so no change can go unpublished and no event can announce one that is not there.
 *
 * @param change.keeps The change ends the subject's sessions, all but this.
 * @throws {AccountsError} `ERR_USER_UNKNOWN`
 */
export async function recordSubjectChange(
  tx: Statements,
  {
    subject,
    keeps,
    ...why
  }: Reason<SubjectChangeCause> & { subject: SubjectId; keeps?: SessionId },
): Promise<Versioned> {
  // The update locks the row until commit, so versions and sequence numbers of a subject are taken in the same order.
  const [raised] = await tx
    .update(users)
    .set({ claimsVersion: sql`${users.claimsVersion} + 1` })
    .where(eq(users.id, subject))
    .returning({ version: users.claimsVersion })
  if (!raised) throw new AccountsError('ERR_USER_UNKNOWN')
  await tx
    .insert(outbox)
    .values({ id: createId('chg'), subject, ...why, keepsSession: keeps, ...raised })
  return { subject, ...raised }
}

/**
 * As `recordSubjectChange`, for what holds for all members of an organization: one row and one event, however many they are.
 *
 * @throws {AccountsError} `ERR_ORGANIZATION_UNKNOWN`
 */
export async function recordOrganizationChange(
  tx: Statements,
  { organization, ...why }: Reason<OrganizationChangeCause> & { organization: OrganizationId },
): Promise<Versioned> {
  const [raised] = await tx
    .update(organizations)
    .set({ rulesVersion: sql`${organizations.rulesVersion} + 1` })
    .where(eq(organizations.id, organization))
    .returning({ version: organizations.rulesVersion })
  if (!raised) throw new AccountsError('ERR_ORGANIZATION_UNKNOWN')
  await tx.insert(outbox).values({ id: createId('chg'), organization, ...why, ...raised })
  return { organization, ...raised }
}

/** @throws {AccountsError} `ERR_USER_UNKNOWN` */
export async function readSubjectVersion(tx: Statements, subject: SubjectId): Promise<Versioned> {
  const [user] = await tx
    .select({ version: users.claimsVersion })
    .from(users)
    .where(eq(users.id, subject))
  if (!user) throw new AccountsError('ERR_USER_UNKNOWN')
  return { subject, ...user }
}

/** @throws {AccountsError} `ERR_ORGANIZATION_UNKNOWN` */
export async function readRulesVersion(
  tx: Statements,
  organization: OrganizationId,
): Promise<Versioned> {
  const [found] = await tx
    .select({ version: organizations.rulesVersion })
    .from(organizations)
    .where(eq(organizations.id, organization))
  if (!found) throw new AccountsError('ERR_ORGANIZATION_UNKNOWN')
  return { organization, ...found }
}
