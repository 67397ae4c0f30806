import type { Logger } from '@portcullis/runtime'
import { describe, it } from 'vitest'
import { createGateway, type Gateway, type PassThroughGateway } from '../src/gateway.ts'
import type { GatewayOptions } from '../src/options.ts'

type Eq<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const assertType = <_Proof extends true>() => {}

const logger = {} as Logger
const services = { orders: 'http://orders:4002' }

describe('createGateway', () => {
  it('without sessions takes no option of theirs and can end none', () => {
    const plain = () => createGateway({ sessions: false, services, logger })
    assertType<Eq<Awaited<ReturnType<typeof plain>>, PassThroughGateway>>()
    const wrong = [
      // @ts-expect-error there is no Redis without sessions
      () => createGateway({ sessions: false, services, logger, redisUrl: 'redis://redis' }),
      // @ts-expect-error nobody could say who calls
      () => createGateway({ sessions: false, services, logger, identity: {} }),
      // @ts-expect-error nor who it is for
      () => createGateway({ sessions: false, services, logger, keyRing: {} }),
      () => {
        const orders = { url: 'http://orders:4002', identityHeaders: true }
        // @ts-expect-error nor tell a service
        return createGateway({ sessions: false, services: { orders }, logger })
      },
      // @ts-expect-error there is nothing to revoke
      async () => (await plain()).revoke({ everyone: true }),
    ]
    void wrong
  })

  it('with sessions needs all that they rest on', () => {
    const whole = (options: GatewayOptions<{ email: string }>) => createGateway(options)
    assertType<Eq<Awaited<ReturnType<typeof whole>>, Gateway>>()
    const wrong = [
      // @ts-expect-error a gateway has sessions unless it says otherwise
      () => createGateway({ services, logger }),
      // @ts-expect-error it cannot be left open
      () => createGateway({ sessions: true, services, logger }),
    ]
    void wrong
  })
})
