import type { SubjectId } from '@portcullis/context'
import type { InstallationRole } from 'claims'
import { eq } from 'drizzle-orm'
import type { Database } from '../database/database.ts'
import { users } from '../database/schema.ts'
import { AccountsError } from '../errors.ts'

export interface Person {
  subject: SubjectId
  email: string
  name: string
  /** Roles of the installation. */
  roles: InstallationRole[]
}

/** @throws {AccountsError} `ERR_USER_UNKNOWN` */
export async function findPerson({ statements }: Database, subject: SubjectId): Promise<Person> {
  const [person] = await statements
    .select({
      subject: users.id,
      email: users.email,
      name: users.name,
      roles: users.installationRoles,
    })
    .from(users)
    .where(eq(users.id, subject))
  if (!person) throw new AccountsError('ERR_USER_UNKNOWN')
  return person
}
