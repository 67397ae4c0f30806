import fc from 'fast-check'
import { expect, test } from 'vitest'
import { memberRecordSchema, membersSchema } from './member.ts'

const anything = fc.oneof(fc.jsonValue(), fc.string(), fc.integer(), fc.boolean())
const record = fc.record(
  {
    service: fc.oneof(fc.string({ maxLength: 70 }), anything),
    drives: fc.oneof(fc.boolean(), anything),
    leaseMs: fc.oneof(fc.integer({ min: -1 }), fc.double(), anything),
    applied: fc.oneof(fc.record({ epoch: fc.nat(), seq: fc.integer({ min: -1 }) }), anything),
    met: fc.oneof(fc.record({ counter: fc.nat(), random: fc.string() }), anything),
    repaired: fc.oneof(fc.string({ maxLength: 70 }), anything),
    fences: fc.oneof(fc.integer({ min: -1 }), anything),
  },
  { requiredKeys: ['service', 'leaseMs'] },
)

test('a record is read exactly if it is one; else it is a member that never acknowledges', () => {
  fc.assert(
    fc.property(record, (value) => {
      const text = JSON.stringify(value)
      const [member] = membersSchema.parse(['ins_a', text])
      const expected = memberRecordSchema.safeParse(JSON.parse(text))
      expect(member?.text).toBe(text)
      if (expected.success) expect(member?.record).toMatchObject(expected.data)
      else expect(member?.record).toMatchObject({ service: 'unknown', applied: { epoch: 0 } })
    }),
    { numRuns: 2_000 },
  )
})

test('what is no JSON, and an id that is none, do no harm', () => {
  const members = membersSchema.parse(['ins_a', '{', 'somebody', '{}'])
  expect(members).toMatchObject([{ id: 'ins_a', record: { service: 'unknown' } }])
})
