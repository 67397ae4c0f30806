import { defineClaims } from '@portcullis/context'
import { eventually } from '@portcullis/testing'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { member, startAuthentication } from './harness.ts'

const plan = z.enum(['free', 'team']).default('free')
const first = defineClaims({ version: 1, claims: { plan } })
const second = defineClaims({ version: 2, claims: { plan, region: z.string().default('eu') } })

test('declared claims are filled where a person has none, and what is not declared is dropped', async () => {
  await using gateway = await startAuthentication({ customClaims: first })
  gateway.claims.set('usr_ada', { ...member, custom: { shoeSize: 44 } })
  const { token } = await gateway.signIn()
  const known = await gateway.authenticator.authenticate(token)
  expect(known?.principal.custom).toEqual({ plan: 'free' })
})

test('a claim declared since is filled for a session whose claims are cached, by one question', async () => {
  await using gateway = await startAuthentication({ customClaims: second })
  const { token } = await gateway.signIn()
  const loaded = await gateway.elsewhere.load(token)
  if (!loaded) throw new Error('has just signed in')
  const cached = { ...member, custom: first.parse({ plan: 'team' }), definition: first.version }
  expect(await gateway.elsewhere.storeClaims('usr_ada', cached, loaded.point)).toBe(true)
  gateway.claims.set('usr_ada', { ...member, custom: { plan: 'team' } })
  const known = await gateway.authenticator.authenticate(token)
  expect(known?.principal.custom).toEqual({ plan: 'team', region: 'eu' })
  expect(gateway.claims.asked).toBe(1)
  await eventually(async () => {
    const { claims } = (await gateway.elsewhere.load(token)) ?? {}
    expect(claims).toMatchObject({ definition: 2, custom: { region: 'eu' } })
  })
})

test('a value that its claim does not take is refused, not passed on', async () => {
  await using gateway = await startAuthentication({ customClaims: first })
  gateway.claims.set('usr_ada', { ...member, custom: { plan: 'gold' } })
  const { token } = await gateway.signIn()
  const refused = gateway.authenticator.authenticate(token)
  await expect(refused).rejects.toMatchObject({ code: 'ERR_UNVERIFIABLE' })
})
