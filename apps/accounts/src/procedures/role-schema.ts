import { ORGANIZATION_PERMISSIONS } from 'claims'
import { z } from 'zod'

/** A name without a colon: those with one belong to the installation. */
export const roleNameSchema = z.string().regex(/^[a-z][a-z0-9-]{0,63}$/)
export const permissionsSchema = z
  .array(z.enum(ORGANIZATION_PERMISSIONS))
  .max(ORGANIZATION_PERMISSIONS.length)
