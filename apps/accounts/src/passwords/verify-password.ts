import type { OrganizationId, SubjectId } from '@portcullis/context'
import { and, eq, isNull, sql } from 'drizzle-orm'
import type { Database, Statements } from '../database/database.ts'
import { credentials, memberships, users } from '../database/schema.ts'
import type { PasswordHasher } from './password-hasher.ts'

export interface VerifiedPerson {
  subject: SubjectId
  methods: ['pwd']
  /** Where the person starts: the organization joined first, or null without any. */
  organization: OrganizationId | null
}

/** Null for an unknown address, a wrong password and somebody suspended alike, after the same work. */
export async function verifyPassword(
  { database, passwords }: { database: Database; passwords: PasswordHasher },
  input: { email: string; password: string },
): Promise<VerifiedPerson | null> {
  const found = await findCredential(database.statements, normalizeEmail(input.email))
  const matches = await passwords.verify(found?.passwordHash ?? null, input.password)
  if (!found || !matches) return null
  return { subject: found.subject, methods: ['pwd'], organization: found.organization }
}

/** Addresses differ by more than letter case alone. */
export function normalizeEmail(email: string): string {
  return email.trim().toLowerCase()
}

async function findCredential(statements: Statements, email: string) {
  const firstJoined = sql<OrganizationId | null>`(
    select ${memberships.organization} from ${memberships}
    where ${memberships.subject} = ${users.id}
    order by ${memberships.joinedAt}, ${memberships.organization} limit 1)`
  const rows = await statements
    .select({
      subject: users.id,
      passwordHash: credentials.passwordHash,
      organization: firstJoined,
    })
    .from(users)
    .innerJoin(credentials, eq(credentials.subject, users.id))
    .where(and(eq(users.email, email), isNull(users.suspendedAt)))
  return rows[0]
}
