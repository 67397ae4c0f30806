import type { OrganizationId, SubjectId } from '@portcullis/context'
import { type BuiltInRole, claims, type InstallationRole } from 'claims'
import type { Database, Statements } from '../database/database.ts'
import { credentials, memberships, organizations, users } from '../database/schema.ts'
import type { PasswordHasher } from '../passwords/password-hasher.ts'
import { writeBuiltInRoles } from '../roles/role-rows.ts'

export const DEMO_PASSWORD = 'portcullis'

interface DemoPerson {
  subject: SubjectId
  email: string
  name: string
  installationRoles: InstallationRole[]
  /** Oldest membership first: it is where a session starts. */
  roles: [OrganizationId, BuiltInRole][]
}

const ORGANIZATIONS: { id: OrganizationId; name: string }[] = [
  { id: 'org_acme', name: 'Acme' },
  { id: 'org_globex', name: 'Globex' },
]

const PEOPLE: DemoPerson[] = [
  {
    subject: 'usr_ada',
    email: 'ada@example.com',
    name: 'Ada',
    installationRoles: ['system:admin'],
    roles: [
      ['org_acme', 'owner'],
      ['org_globex', 'member'],
    ],
  },
  {
    subject: 'usr_grace',
    email: 'grace@example.com',
    name: 'Grace',
    installationRoles: [],
    roles: [['org_acme', 'member']],
  },
  {
    subject: 'usr_linus',
    email: 'linus@example.com',
    name: 'Linus',
    installationRoles: [],
    roles: [['org_globex', 'member']],
  },
]

/** For development. Adds the people that are missing and leaves those that are there as they have become. */
export async function seedDemo(database: Database, passwords: PasswordHasher): Promise<void> {
  const passwordHash = await passwords.hash(DEMO_PASSWORD)
  await database.transaction(async (tx) => {
    await tx.insert(organizations).values(ORGANIZATIONS).onConflictDoNothing()
    for (const { id } of ORGANIZATIONS) await writeBuiltInRoles(tx, id)
    for (const person of PEOPLE) await addPerson(tx, person, passwordHash)
  })
}

async function addPerson(tx: Statements, person: DemoPerson, passwordHash: string): Promise<void> {
  const { subject, roles, ...columns } = person
  const added = await tx
    .insert(users)
    .values({ id: subject, claimsDefinition: claims.version, ...columns })
    .onConflictDoNothing()
    .returning({ id: users.id })
  // Someone who is there keeps the memberships they have now: one that was ended stays ended.
  if (added.length === 0) return
  await tx.insert(credentials).values({ subject, passwordHash })
  const joined = roles.map(([organization, role]) => ({ organization, subject, role }))
  await tx.insert(memberships).values(joined)
}
