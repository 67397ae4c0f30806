import type { OrganizationId, Principal } from '@portcullis/context'
import type { inferProcedureBuilderResolverOptions } from '@trpc/server'
import { initTRPC } from '@trpc/server'
import { describe, expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import {
  type createService,
  createSessionProcedures,
  type PortcullisContext,
  type PortcullisMeta,
  withRefusalCode,
} from './index.ts'

type Team = PortcullisContext & { database: string }
const t = initTRPC
  .context<Team>()
  .meta<PortcullisMeta & { audited?: boolean }>()
  .create({ errorFormatter: ({ shape, error }) => withRefusalCode(shape, error) })
const session = createSessionProcedures({ custom: z.object({ plan: z.string() }) })

const signedIn = t.procedure.concat(session.sessionProcedure)
const inOrganization = signedIn.concat(session.requireOrganization)

describe('what a procedure knows', () => {
  test('nothing of a principal without a session procedure', () => {
    type Context = inferProcedureBuilderResolverOptions<typeof t.procedure>['ctx']
    expectTypeOf<Context['principal']>().toEqualTypeOf<Principal | null>()
  })

  test('a principal with typed custom claims behind a session procedure, and what the team has', () => {
    type Context = inferProcedureBuilderResolverOptions<typeof signedIn>['ctx']
    expectTypeOf<Context['principal']>().toEqualTypeOf<Principal<{ plan: string }>>()
    expectTypeOf<Context['principal']['custom']['plan']>().toBeString()
    expectTypeOf<Context['principal']['organization']>().toEqualTypeOf<OrganizationId | null>()
    expectTypeOf<Context['database']>().toBeString()
    expectTypeOf<Context['signal']>().toEqualTypeOf<AbortSignal>()
  })

  test('an organization behind requireOrganization, and still behind what follows', () => {
    const chained = inOrganization
      .concat(session.requireRole('owner'))
      .concat(session.requireRecentSignIn({ maxAgeSeconds: 300 }))
      .concat(session.requireAssurance('aal2'))
    type Context = inferProcedureBuilderResolverOptions<typeof chained>['ctx']
    expectTypeOf<Context['principal']['organization']>().toEqualTypeOf<OrganizationId>()
    expectTypeOf<Context['principal']['custom']['plan']>().toBeString()
  })

  test('custom claims are unknown unless read', () => {
    const plain = t.procedure.concat(createSessionProcedures().sessionProcedure)
    type Context = inferProcedureBuilderResolverOptions<typeof plain>['ctx']
    expectTypeOf<Context['principal']>().toEqualTypeOf<Principal>()
  })

  test('a caller behind internalProcedure', () => {
    const internal = t.procedure.concat(session.internalProcedure)
    type Context = inferProcedureBuilderResolverOptions<typeof internal>['ctx']
    expectTypeOf<Context['caller']>().toEqualTypeOf<{ readonly service: string }>()
  })

  test('the parts fit a router without meta', () => {
    const bare = initTRPC.context<PortcullisContext>().create()
    const procedure = bare.procedure
      .concat(session.sessionProcedure)
      .concat(session.requirePermission('orders.read'))
    type Context = inferProcedureBuilderResolverOptions<typeof procedure>['ctx']
    expectTypeOf<Context['principal']>().toEqualTypeOf<Principal<{ plan: string }>>()
  })
})

describe('what does not compile', () => {
  test('a requirement without a session procedure before it', () => {
    // @ts-expect-error the principal may be null here
    t.procedure.concat(session.requireRole('owner'))
    // @ts-expect-error the principal may be null here
    t.procedure.concat(session.requireOrganization)
  })

  test('a context without a principal', () => {
    const bare = initTRPC.context<{ database: string }>().create()
    // @ts-expect-error there is no principal in it
    bare.procedure.concat(session.sessionProcedure)
  })

  test('a requirement of nothing', () => {
    // @ts-expect-error none would be everybody
    session.requireRole()
  })

  test('a service whose router needs a context that nobody makes', () => {
    type Options = Parameters<typeof createService<ReturnType<typeof makeRouter>>>[0]
    const makeRouter = () => t.router({ a: signedIn.query(() => 1) })
    expectTypeOf<Options>().toHaveProperty('extendContext').toBeFunction()
  })
})

describe('errors', () => {
  test('a procedure keeps the error shape of its router, with the reason of a refusal', () => {
    const router = t.router({ a: inOrganization.query(() => 1) })
    type Shape = (typeof router)['_def']['_config']['$types']['errorShape']
    type OfProcedure = (typeof router)['a']['_def']['$types']['errorShape']
    expectTypeOf<OfProcedure>().toEqualTypeOf<Shape>()
    expectTypeOf<NonNullable<Shape['data']['portcullis']>['code']>().toBeString()
  })
})
