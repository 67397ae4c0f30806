import { TRPCClientError } from '@trpc/client'
import { describe, expect, it } from 'vitest'
import { createObservedSession } from './observed-session.ts'
import { stepUpOf } from './step-up.ts'

const refusedWith = (portcullis: unknown) =>
  TRPCClientError.from({ error: { message: '', code: -32003, data: { portcullis } } })

describe('stepUpOf', () => {
  it('tells what a person is asked for', () => {
    const assured = { code: 'ERR_ASSURANCE_REQUIRED', assurance: 'aal2', requestId: 'r' }
    expect(stepUpOf(refusedWith(assured))).toEqual({ assurance: 'aal2' })
    const recent = { code: 'ERR_RECENT_SIGN_IN_REQUIRED', maxAgeSeconds: 300 }
    expect(stepUpOf(refusedWith(recent))).toEqual({ maxAgeSeconds: 300 })
    expect(stepUpOf(refusedWith({ code: 'ERR_ASSURANCE_REQUIRED', assurance: 9 }))).toEqual({})
  })

  it('is null for everything else', () => {
    for (const data of [undefined, null, 'x', {}, { code: 'ERR_ROLE_REQUIRED' }]) {
      expect(stepUpOf(refusedWith(data))).toBeNull()
    }
    for (const error of [null, undefined, 'ERR_ASSURANCE_REQUIRED', new Error('x')]) {
      expect(stepUpOf(error)).toBeNull()
    }
  })
})

describe('a session whose cookie is renewed', () => {
  const unauthorized = TRPCClientError.from({
    error: { message: '', code: -32001, data: { code: 'UNAUTHORIZED' } },
  })

  it.each(['session.reauthenticate', 'session.changePassword'])(
    'has not ended for what was sent before %s',
    (path) => {
      let ended = 0
      const session = createObservedSession({ signedIn: true, onEnded: () => ended++ })
      const late = session.send('orders.list')
      session.send(path).succeeded({})
      late.failed(unauthorized)
      expect(ended).toBe(0)
      session.send('orders.list').failed(unauthorized)
      expect(ended).toBe(1)
    },
  )
})
