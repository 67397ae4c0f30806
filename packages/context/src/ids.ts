import { randomBytes } from 'node:crypto'
import { z } from 'zod'

/** A user, `usr_` and 1 to 60 characters of `A-Z a-z 0-9 _ -`. Any user id a team already has fits behind the prefix. */
export type SubjectId = `usr_${string}`
/** A session. Names the record, reveals nothing of the cookie's secret. */
export type SessionId = `ses_${string}`
/** An organization. Up to 27 characters in all keep a session record in Redis's compact encoding. */
export type OrganizationId = `org_${string}`
/** A running gateway or service that caches; random at each start. */
export type InstanceId = `ins_${string}`

const idSchema = <Prefix extends string>(prefix: Prefix) =>
  z.custom<`${Prefix}_${string}`>(
    (value) => typeof value === 'string' && ID.test(value) && value.startsWith(`${prefix}_`),
    { error: `expected an id that starts with ${prefix}_` },
  )

const ID = /^[a-z]{3}_[A-Za-z0-9_-]{1,60}$/

export const subjectIdSchema = idSchema('usr')
export const sessionIdSchema = idSchema('ses')
export const organizationIdSchema = idSchema('org')
export const instanceIdSchema = idSchema('ins')

/** A new id with 128 random bits, 26 characters long. */
export function createId<Prefix extends string>(prefix: Prefix): `${Prefix}_${string}` {
  return `${prefix}_${randomBytes(16).toString('base64url')}`
}
