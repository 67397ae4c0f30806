import type { OrganizationId, SubjectId } from '@portcullis/context'
import { and, eq, isNull, type SQL, sql } from 'drizzle-orm'
import type { Database, Statements } from '../database/database.ts'
import { credentials, memberships, totp, users } from '../database/schema.ts'
import type { SecondFactor } from '../totp/second-factor.ts'
import type { PasswordHasher } from './password-hasher.ts'

export interface VerifiedPerson {
  subject: SubjectId
  methods: ('pwd' | 'otp' | 'mfa')[]
  assurance: 'aal1' | 'aal2'
  /** Where the person starts: the organization joined first, or null without any. */
  organization: OrganizationId | null
}

/** The password is right, and the person has a second factor that was not given. */
export interface SecondFactorNeeded {
  needs: 'second-factor'
}

export interface VerifyPasswordOptions {
  database: Database
  passwords: PasswordHasher
  secondFactor: Pick<SecondFactor, 'accept'>
}

export interface GivenProof {
  password: string
  code?: string | undefined
}

/** What became of a proof, and the stored hash that the password was compared with. */
interface Verification {
  person: VerifiedPerson | SecondFactorNeeded | null
  verified: string | null
}

/**
 * Null for an unknown address, a wrong password, a wrong code and somebody suspended alike, after the same work. Of a second
 * factor only who knows the password learns.
 */
export async function verifyPassword(
  options: VerifyPasswordOptions,
  { email, ...proof }: GivenProof & { email: string },
): Promise<VerifiedPerson | SecondFactorNeeded | null> {
  return (await verify(options, eq(users.email, normalizeEmail(email)), proof)).person
}

/** The same for who is signed in. */
export async function confirmPassword(
  options: VerifyPasswordOptions,
  proof: GivenProof & { subject: SubjectId },
): Promise<VerifiedPerson | SecondFactorNeeded | null> {
  return (await confirmStored(options, proof)).person
}

/** The same for who goes on to replace the hash that this was proved by, and nothing newer. */
export function confirmStored(
  options: VerifyPasswordOptions,
  { subject, ...proof }: GivenProof & { subject: SubjectId },
): Promise<Verification> {
  return verify(options, eq(users.id, subject), proof)
}

/** Addresses differ by more than letter case alone. */
export function normalizeEmail(email: string): string {
  return email.trim().toLowerCase()
}

async function verify(
  { database, passwords, secondFactor }: VerifyPasswordOptions,
  who: SQL,
  { password, code }: GivenProof,
): Promise<Verification> {
  const found = await findCredential(database.statements, who)
  const verified = found?.passwordHash ?? null
  const matches = await passwords.verify(verified, password)
  const person = found && matches ? await identify(found, secondFactor, code) : null
  return { person, verified }
}

async function identify(
  { subject, organization, enrolledAt }: Credential,
  secondFactor: Pick<SecondFactor, 'accept'>,
  code: string | undefined,
): Promise<VerifiedPerson | SecondFactorNeeded | null> {
  if (enrolledAt === null) return { subject, methods: ['pwd'], assurance: 'aal1', organization }
  if (code === undefined) return { needs: 'second-factor' }
  if (!(await secondFactor.accept(subject, code))) return null
  return { subject, methods: ['pwd', 'otp', 'mfa'], assurance: 'aal2', organization }
}

type Credential = NonNullable<Awaited<ReturnType<typeof findCredential>>>

async function findCredential(statements: Statements, who: SQL) {
  const firstJoined = sql<OrganizationId | null>`(
    select ${memberships.organization} from ${memberships}
    where ${memberships.subject} = ${users.id}
    order by ${memberships.joinedAt}, ${memberships.organization} limit 1)`
  const rows = await statements
    .select({
      subject: users.id,
      passwordHash: credentials.passwordHash,
      enrolledAt: totp.confirmedAt,
      organization: firstJoined,
    })
    .from(users)
    .innerJoin(credentials, eq(credentials.subject, users.id))
    .leftJoin(totp, eq(totp.subject, users.id))
    .where(and(who, isNull(users.suspendedAt)))
  return rows[0]
}
