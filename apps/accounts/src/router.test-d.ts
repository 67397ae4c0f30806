import type { inferRouterInputs, inferRouterOutputs } from '@trpc/server'
import { expectTypeOf, it } from 'vitest'
import type { AccountsRouter } from './router.ts'

type Inputs = inferRouterInputs<AccountsRouter>
type Outputs = inferRouterOutputs<AccountsRouter>

it('callers see ids with their prefixes, and the claims that are declared', () => {
  expectTypeOf<Inputs['members']['setRole']>().toEqualTypeOf<{
    subject: `usr_${string}`
    role: string
  }>()
  expectTypeOf<Outputs['organizations']['list'][number]>().toEqualTypeOf<{
    id: `org_${string}`
    name: string
    role: string
  }>()
  expectTypeOf<Outputs['internal']['verifyPassword']>().toEqualTypeOf<
    | {
        subject: `usr_${string}`
        methods: ('pwd' | 'otp' | 'mfa')[]
        assurance: 'aal1' | 'aal2'
        organization: `org_${string}` | null
      }
    | { needs: 'second-factor' }
    | null
  >()
  expectTypeOf<Inputs['roles']['define']['permissions']>().toEqualTypeOf<
    ('members:manage' | 'roles:manage' | 'orders:read' | 'orders:write')[]
  >()
  expectTypeOf<Outputs['members']['setRole']['atLeast']>().toEqualTypeOf<string | null>()
})
