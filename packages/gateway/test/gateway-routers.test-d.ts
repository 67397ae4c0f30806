import type { CustomClaims } from '@portcullis/context'
import { createTRPCClient, httpBatchLink } from '@trpc/client'
import { type inferRouterInputs, type inferRouterOutputs, initTRPC } from '@trpc/server'
import superjson from 'superjson'
import { describe, it } from 'vitest'
import type { ComposeRouters } from '../src/compose-routers.ts'
import type { GatewayRouter, GatewayRouters } from '../src/procedures/router.ts'
import type { SessionView } from '../src/procedures/session-view.ts'

type Eq<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const assertType = <_Proof extends true>() => {}

interface SignIn {
  email: string
  password: string
}

const t = initTRPC.create()
const ordersRouter = t.router({ list: t.procedure.query(() => [1]) })
const dated = initTRPC.create({ transformer: superjson })
const datedRouter = dated.router({ now: dated.procedure.query(() => new Date()) })

describe('the gateway’s own procedures', () => {
  it('are typed with the team’s own sign-in, beside the services', () => {
    type AppRouter = ComposeRouters<{ orders: typeof ordersRouter } & GatewayRouters<SignIn>>
    type Inputs = inferRouterInputs<AppRouter>
    type Outputs = inferRouterOutputs<AppRouter>
    assertType<Eq<Inputs['session']['signIn'], SignIn>>()
    assertType<Eq<Inputs['session']['reauthenticate'], SignIn>>()
    assertType<Eq<Outputs['session']['reauthenticate']['session']['id'], SessionView['id']>>()
    type Confirming = GatewayRouters<SignIn, false, CustomClaims, { code: string }>
    type ConfirmInputs = inferRouterInputs<
      ComposeRouters<{ orders: typeof ordersRouter } & Confirming>
    >
    assertType<Eq<ConfirmInputs['session']['reauthenticate'], { code: string }>>()
    assertType<Eq<Inputs['session']['signOut'], void>>()
    assertType<Eq<Inputs['session']['revoke'], { session: `ses_${string}` }>>()
    assertType<Eq<Outputs['session']['signIn']['id'], SessionView['id']>>()
    assertType<Eq<NonNullable<Outputs['session']['me']>['subject'], `usr_${string}`>>()
    assertType<Eq<Extract<Outputs['session']['me'], null>, null>>()
    assertType<Eq<Outputs['session']['list'][number]['current'], boolean>>()
    assertType<Eq<Outputs['admin']['revokeSubject']['ended'], number>>()
    assertType<Eq<Outputs['admin']['revoke']['ended'], number | null>>()
    assertType<
      Eq<Outputs['admin']['revoke']['receipt']['level'], 'enforced' | 'pending' | 'indeterminate'>
    >()
    assertType<Eq<Outputs['admin']['preview']['sessions'], number | null>>()
    assertType<Eq<Outputs['session']['signOut']['ended'], number>>()
    assertType<
      Eq<
        NonNullable<Outputs['session']['signOut']['receipt']>['level'],
        'enforced' | 'pending' | 'indeterminate'
      >
    >()
    assertType<Eq<Outputs['session']['switchOrganization']['receipt']['durable'], boolean>>()
    type Events = Outputs['session']['events'] extends AsyncIterable<infer Event> ? Event : never
    assertType<Eq<Events['type'], 'session.ended' | 'claims.changed' | 'organization.changed'>>()
    type Selector = Inputs['admin']['revoke']['selector']
    assertType<{ subject: 'usr_x'; device: 'phone' } extends Selector ? true : false>()
    assertType<{ everyone: true; beganBefore: string } extends Selector ? true : false>()
    assertType<Eq<Outputs['orders']['list'], number[]>>()
    const client = createTRPCClient<AppRouter>({ links: [httpBatchLink({ url: '' })] })
    assertType<Eq<Parameters<typeof client.session.signIn.mutate>[0], SignIn>>()
    // @ts-expect-error a password is missing
    void (() => client.session.signIn.mutate({ email: '' }))
  })

  it('compose with services that have a transformer only when told so', () => {
    type Dated = ComposeRouters<{ dated: typeof datedRouter } & GatewayRouters<SignIn, true>>
    assertType<Eq<inferRouterOutputs<Dated>['dated']['now'], Date>>()
    // @ts-expect-error the gateway's have none, the service's have one
    type Mixed = ComposeRouters<{ dated: typeof datedRouter } & GatewayRouters<SignIn>>
    assertType<Eq<Mixed, never> extends true ? false : true>()
  })

  it('make a router of their own', () => {
    assertType<Eq<inferRouterInputs<GatewayRouter<SignIn>>['session']['signIn'], SignIn>>()
  })
})
