import { createId } from '@portcullis/context'
import { expect, it } from 'vitest'
import { type TrailEvent, toSecurityEvent } from './security-event.ts'

const iss = 'https://id.example'
const at = new Date('2026-11-26T10:00:00.900Z')
const session = createId('ses')

function eventOf(of: Partial<TrailEvent>): TrailEvent {
  const nobody = { session: null, subject: null, organization: null, actor: null, change: null }
  const place = { number: 1, epoch: 2, seq: 7, nonce: 'aa', originator: null }
  const gap = { missingAfter: null, missingBefore: null }
  const log = { kind: 'claims.changed', cause: 'member.role-changed', at, recordedAt: at }
  return { ...nobody, ...place, ...gap, ...log, ...of }
}

it('an ended session is told with whose it was, and who ended it', () => {
  const ended = { kind: 'session.revoked', cause: 'sign-out', session, subject: 'usr_bob' } as const
  expect(toSecurityEvent(eventOf({ ...ended, actor: 'usr_bob' }), iss)).toEqual({
    type: 'session-revoked',
    subject: {
      format: 'complex',
      session: { format: 'opaque', id: session },
      user: { format: 'iss_sub', iss, sub: 'usr_bob' },
    },
    payload: {
      event_timestamp: 1_795_687_200,
      initiating_entity: 'user',
      reason_admin: { en: 'sign-out' },
    },
  })
  expect(toSecurityEvent(eventOf({ ...ended, actor: 'usr_ada' }), iss)).toMatchObject({
    payload: { initiating_entity: 'admin' },
  })
})

it('changed claims are told without a value: only from where on what was said is not true any more', () => {
  expect(toSecurityEvent(eventOf({ subject: 'usr_bob' }), iss)).toMatchObject({
    type: 'token-claims-change',
    subject: { format: 'iss_sub', iss, sub: 'usr_bob' },
    payload: { claims: { position: '2.7' }, initiating_entity: 'system' },
  })
})

it.each([
  ['organization.changed', 'role.changed', 'token-claims-change'],
  ['organization.changed', 'organization.suspended', 'session-revoked'],
  ['organization.revoked', 'contract-ended', 'session-revoked'],
] as const)('%s because of %s is %s of the tenant', (kind, cause, type) => {
  expect(toSecurityEvent(eventOf({ kind, cause, organization: 'org_acme' }), iss)).toMatchObject({
    type,
    subject: { format: 'complex', tenant: { format: 'opaque', id: 'org_acme' } },
  })
})

it('whoever revokes gives any reason, and what is told is still that sessions have ended', () => {
  const claims = { subject: 'usr_bob', actor: 'usr_bob' } as const
  for (const cause of ['credential.changed', 'second-factor.removed']) {
    expect(toSecurityEvent(eventOf({ ...claims, cause }), iss)?.type).toBe('credential-change')
    const revoked = toSecurityEvent(eventOf({ ...claims, kind: 'subject.revoked', cause }), iss)
    expect(revoked?.type).toBe('session-revoked')
    expect(revoked?.payload).not.toHaveProperty('credential_type')
  }
  const moved = eventOf({ kind: 'session.changed', cause: 'organization.suspended', session })
  expect(toSecurityEvent(moved, iss)?.type).toBe('token-claims-change')
})

it('the end of every session is about the installation itself, and a gap of the trail is no security event', () => {
  expect(toSecurityEvent(eventOf({ kind: 'everyone.revoked' }), iss)).toMatchObject({
    type: 'session-revoked',
    subject: { format: 'uri', uri: iss },
  })
  expect(toSecurityEvent(eventOf({ kind: 'audit.gap', cause: 'log-trimmed' }), iss)).toBeUndefined()
})
