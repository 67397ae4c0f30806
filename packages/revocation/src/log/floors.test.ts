import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createFloors, type PrincipalKeys } from './floors.ts'

const keys: PrincipalKeys = { session: 'ses_a', subject: 'usr_a', organization: 'org_a' }

describe('floors', () => {
  test('an event about any key of a principal puts earlier checks below', () => {
    for (const key of ['ses_a', 'usr_a', 'org_a', 'everyone'] as const) {
      const floors = createFloors()
      floors.raise(key, 5)
      expect(floors.isBelow(keys, 4)).toBe(true)
      expect(floors.isBelow(keys, 5)).toBe(false)
    }
  })

  test('an event about others changes nothing', () => {
    const floors = createFloors()
    floors.raise('ses_b', 5)
    floors.raise('org_b', 6)
    expect(floors.isBelow(keys, 1)).toBe(false)
    expect(floors.isBelow({ ...keys, organization: null }, 1)).toBe(false)
  })

  test('rules of an organization put its principals below, and not its sessions', () => {
    const floors = createFloors()
    floors.raiseRules('org_a', 5)
    expect(floors.isBelow(keys, 4)).toBe(true)
    expect(floors.isSessionBelow(keys, 4)).toBe(false)
    expect(floors.areRulesBelow('org_a', 4)).toBe(true)
    expect(floors.areRulesBelow('org_a', 5)).toBe(false)
    expect(floors.areRulesBelow('org_b', 1)).toBe(false)
    expect(floors.isBelow({ ...keys, organization: null }, 4)).toBe(false)
  })

  test('an event about everyone is one about the rules of every organization', () => {
    const floors = createFloors()
    floors.raise('everyone', 5)
    expect(floors.areRulesBelow('org_a', 4)).toBe(true)
  })

  test('of however many organizations rules change, memory is bounded and none is forgotten', () => {
    const floors = createFloors(3)
    for (let n = 1; n <= 10; n += 1) floors.raiseRules(`org_${n}`, n)
    expect(floors.size).toBeLessThanOrEqual(3)
    for (let n = 1; n <= 10; n += 1) expect(floors.areRulesBelow(`org_${n}`, n - 1)).toBe(true)
  })

  test('a floor never sinks', () => {
    const floors = createFloors()
    floors.raise('usr_a', 9)
    floors.raise('usr_a', 3)
    expect(floors.isBelow(keys, 8)).toBe(true)
  })

  test('however many keys are raised, memory is bounded and nothing raised is forgotten', () => {
    const raises = fc.array(fc.tuple(fc.nat(20), fc.nat(1_000)), { maxLength: 200 })
    fc.assert(
      fc.property(raises, fc.integer({ min: 1, max: 8 }), (raised, maxKeys) => {
        const floors = createFloors(maxKeys)
        for (const [n, seq] of raised) floors.raise(`usr_${n}`, seq)
        expect(floors.size).toBeLessThanOrEqual(maxKeys)
        for (const [n, seq] of raised) {
          expect(floors.isBelow({ ...keys, subject: `usr_${n}` }, seq - 1)).toBe(true)
        }
      }),
    )
  })

  test('a limit that is no positive integer is refused', () => {
    expect(() => createFloors(0)).toThrow(TypeError)
  })
})
