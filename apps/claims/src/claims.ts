import { defineClaims } from '@portcullis/context'
import { z } from 'zod'

/** What this installation says of a person beside roles and permissions. To add one, raise the version. */
export const claims = defineClaims({
  version: 1,
  claims: {
    plan: z.enum(['free', 'team', 'enterprise']).default('free'),
  },
})
