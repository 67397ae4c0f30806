import {
  ASSURANCE_LEVELS,
  type AssuranceLevel,
  AUTHENTICATION_METHODS,
  type AuthenticationMethod,
  type OrganizationId,
  organizationIdSchema,
  type Position,
} from '@portcullis/context'
import { DEVICE_KINDS } from '@portcullis/revocation'
import type { DeviceKind } from './device.ts'

/**
 * A session as it is kept: 37 bytes and the organization id, so that up to 27 characters of it stay within the 64 bytes
 * that Redis keeps compactly. Times are whole seconds since 1970 by the server's clock. `record.lua` reads and writes the
 * same layout.
 */
export interface SessionRecord {
  /** Where in the log's history the family of tokens began; a new token for the same sign-in keeps it. */
  readonly family: Position
  /** Where the session took its organization. */
  readonly organizationTaken: Position
  readonly startedAt: number
  readonly lastSeenAt: number
  readonly endsAt: number
  readonly methods: readonly AuthenticationMethod[]
  /** What the person's proof amounts to. */
  readonly assurance: AssuranceLevel
  /** Whose timeouts the session has. */
  readonly profile: AssuranceLevel
  readonly device: DeviceKind
  readonly organization: OrganizationId | null
}

const VERSION = 1
const FIXED_BYTES = 37

/** Big-endian: version 1, family 4+6, organization taken 4+6, started 4, last seen 4, ends 4, methods 2, profile and assurance 1, device 1. */
export function encodeRecord(record: SessionRecord): Buffer {
  const organization = record.organization ?? ''
  const bytes = Buffer.alloc(FIXED_BYTES + organization.length)
  let at = bytes.writeUInt8(VERSION, 0)
  for (const position of [record.family, record.organizationTaken]) {
    at = bytes.writeUInt32BE(position.epoch, at)
    at = bytes.writeUIntBE(position.seq, at, 6)
  }
  for (const seconds of [record.startedAt, record.lastSeenAt, record.endsAt]) {
    at = bytes.writeUInt32BE(seconds, at)
  }
  at = bytes.writeUInt16BE(encodeMethods(record.methods), at)
  at = bytes.writeUInt8(encodeLevels(record), at)
  at = bytes.writeUInt8(DEVICE_KINDS.indexOf(record.device), at)
  bytes.write(organization, at, 'latin1')
  return bytes
}

/** Null for what is no record of this version: such a session is not believed. */
export function decodeRecord(bytes: Buffer): SessionRecord | null {
  if (bytes.length < FIXED_BYTES || bytes.readUInt8(0) !== VERSION) return null
  const levels = bytes.readUInt8(35)
  const profile = ASSURANCE_LEVELS[levels >> 4]
  const assurance = ASSURANCE_LEVELS[levels & 15]
  const device = DEVICE_KINDS[bytes.readUInt8(36)]
  const organization = decodeOrganization(bytes.toString('latin1', FIXED_BYTES))
  if (!profile || !assurance || !device || organization === undefined) return null
  return {
    family: { epoch: bytes.readUInt32BE(1), seq: bytes.readUIntBE(5, 6) },
    organizationTaken: { epoch: bytes.readUInt32BE(11), seq: bytes.readUIntBE(15, 6) },
    startedAt: bytes.readUInt32BE(21),
    lastSeenAt: bytes.readUInt32BE(25),
    endsAt: bytes.readUInt32BE(29),
    methods: decodeMethods(bytes.readUInt16BE(33)),
    assurance,
    profile,
    device,
    organization,
  }
}

/** Profile in the high half of a byte, assurance in the low one. */
export function encodeLevels(levels: Pick<SessionRecord, 'profile' | 'assurance'>): number {
  return (
    (ASSURANCE_LEVELS.indexOf(levels.profile) << 4) | ASSURANCE_LEVELS.indexOf(levels.assurance)
  )
}

/** One bit for each method, in the order of `AUTHENTICATION_METHODS`. */
export function encodeMethods(methods: readonly AuthenticationMethod[]): number {
  return methods.reduce((bits, method) => bits | (1 << AUTHENTICATION_METHODS.indexOf(method)), 0)
}

function decodeMethods(bits: number): AuthenticationMethod[] {
  return AUTHENTICATION_METHODS.filter((_, bit) => bits & (1 << bit))
}

function decodeOrganization(text: string): OrganizationId | null | undefined {
  if (text === '') return null
  const parsed = organizationIdSchema.safeParse(text)
  return parsed.success ? parsed.data : undefined
}
