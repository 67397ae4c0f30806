import type { inferRouterInputs, inferRouterOutputs } from '@trpc/server'
import { expectTypeOf, it } from 'vitest'
import type { AccountsRouter } from './router.ts'

type Inputs = inferRouterInputs<AccountsRouter>
type Outputs = inferRouterOutputs<AccountsRouter>

it('callers see ids with their prefixes and the three roles', () => {
  expectTypeOf<Inputs['members']['setRole']>().toEqualTypeOf<{
    subject: `usr_${string}`
    role: 'owner' | 'admin' | 'member'
  }>()
  expectTypeOf<Outputs['organizations']['list'][number]>().toEqualTypeOf<{
    id: `org_${string}`
    name: string
    role: 'owner' | 'admin' | 'member'
  }>()
  expectTypeOf<Outputs['internal']['verifyPassword']>().toEqualTypeOf<{
    subject: `usr_${string}`
    methods: ['pwd']
    organization: `org_${string}` | null
  } | null>()
})
