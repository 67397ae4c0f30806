import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { defineClaims } from './custom-claims.ts'

const claims = defineClaims({
  version: 2,
  claims: { plan: z.enum(['free', 'pro']).default('free'), seats: z.int().optional() },
})

describe('declared claims', () => {
  test('are filled where a person has none, and reduced to what was declared', () => {
    expect(claims.parse({})).toEqual({ plan: 'free' })
    expect(claims.parse({ plan: 'pro', seats: 3, other: true })).toEqual({ plan: 'pro', seats: 3 })
    expect(claims.names).toEqual(['plan', 'seats'])
  })

  test('refuse a value that is not what the claim takes', () => {
    expect(() => claims.parse({ plan: 'gold' })).toThrow()
  })

  test('must be readable for people who have no value yet', () => {
    const required = { plan: z.string(), seats: z.int().optional() }
    expect(() => defineClaims({ version: 1, claims: required })).toThrow('claims: plan must')
    expect(() => defineClaims({ version: 0, claims: {} })).toThrow('version')
  })
})
