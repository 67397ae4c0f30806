import { ASSURANCE_LEVELS, AUTHENTICATION_METHODS, type OrganizationId } from '@portcullis/context'
import { DEVICE_KINDS } from '@portcullis/revocation'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeRecord, encodeRecord, type SessionRecord } from './session-record.ts'

const uint32 = fc.nat(0xffff_ffff)
const position = fc.record({ epoch: uint32, seq: fc.nat(2 ** 48 - 1) })
const organization = fc
  .stringMatching(/^[A-Za-z0-9_-]{1,60}$/)
  .map((name): OrganizationId => `org_${name}`)

const record: fc.Arbitrary<SessionRecord> = fc.record({
  family: position,
  organizationTaken: position,
  startedAt: uint32,
  lastSeenAt: uint32,
  endsAt: uint32,
  methods: fc.subarray([...AUTHENTICATION_METHODS]),
  assurance: fc.constantFrom(...ASSURANCE_LEVELS),
  profile: fc.constantFrom(...ASSURANCE_LEVELS),
  device: fc.constantFrom(...DEVICE_KINDS),
  organization: fc.option(organization),
})

describe('session record', () => {
  test('what is written is read', () => {
    fc.assert(
      fc.property(record, (written) => {
        expect(decodeRecord(encodeRecord(written))).toEqual(written)
      }),
    )
  })

  test('with an organization id of 27 characters it stays within 64 bytes', () => {
    fc.assert(
      fc.property(record, (written) => {
        const bytes = encodeRecord({ ...written, organization: `org_${'x'.repeat(23)}` })
        expect(bytes.length).toBeLessThanOrEqual(64)
      }),
    )
  })

  test('any bytes are a record or none; none throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        const decoded = decodeRecord(Buffer.from(bytes))
        if (decoded) expect(encodeRecord(decoded).length).toBe(bytes.length)
        else expect(decoded).toBeNull()
      }),
    )
  })

  test('a record of another version is not believed', () => {
    const [written] = fc.sample(record, 1)
    const bytes = encodeRecord(written as SessionRecord)
    bytes.writeUInt8(2, 0)
    expect(decodeRecord(bytes)).toBeNull()
  })
})
