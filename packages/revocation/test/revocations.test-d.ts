import type { OrganizationId, SessionId, SubjectId } from '@portcullis/context'
import { expectTypeOf, test } from 'vitest'
import type { RevocationEvent, Revocations } from '../src/index.ts'

declare const revocations: Revocations

test('a handler gets what its kind is about, and nothing else', () => {
  revocations.on('session.revoked', (event) => {
    expectTypeOf(event.session).toEqualTypeOf<SessionId>()
    expectTypeOf(event).not.toHaveProperty('subject')
  })
  revocations.on('claims.changed', async ({ subject }) => {
    expectTypeOf(subject).toEqualTypeOf<SubjectId>()
  })
  revocations.on('organization.revoked', ({ organization }) => {
    expectTypeOf(organization).toEqualTypeOf<OrganizationId>()
  })
  // @ts-expect-error there is no such kind
  revocations.on('session.begun', () => undefined)
})

test('events are told apart by their kind', () => {
  expectTypeOf(revocations.events()).toEqualTypeOf<AsyncGenerator<RevocationEvent, void>>()
})
