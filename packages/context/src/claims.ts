import type { JWTPayload } from 'jose'
import { ContextError } from './errors.ts'
import { type Position, positionSchema } from './position.ts'
import { type Principal, principalSchema } from './principal.ts'

/** Claims that every context carries; `org` and `cst` are absent when null and empty. */
export const CONTEXT_CLAIMS = [
  'iss',
  'aud',
  'sub',
  'iat',
  'exp',
  'sid',
  'rol',
  'per',
  'ver',
  'pos',
  'auth_time',
  'amr',
  'acr',
]

/** The principal and the position at which it was checked, under their short names. */
export function claimsOf(principal: Principal, position: Position): JWTPayload {
  const { organization, custom } = principal
  return {
    sub: principal.subject,
    sid: principal.session,
    ...(organization === null ? {} : { org: organization }),
    rol: principal.roles,
    per: principal.permissions,
    ver: principal.claimsVersion,
    pos: [position.epoch, position.seq],
    auth_time: principal.authenticatedAt,
    amr: principal.methods,
    acr: principal.assurance,
    ...(Object.keys(custom).length === 0 ? {} : { cst: custom }),
  }
}

/** @throws {ContextError} `ERR_CONTEXT_CLAIMS` when a claim is ill-formed. */
export function parseClaims(payload: JWTPayload): { principal: Principal; position: Position } {
  const principal = principalSchema.safeParse({
    subject: payload.sub,
    session: payload['sid'],
    organization: payload['org'] ?? null,
    roles: payload['rol'],
    permissions: payload['per'],
    claimsVersion: payload['ver'],
    authenticatedAt: payload['auth_time'],
    methods: payload['amr'],
    assurance: payload['acr'],
    custom: payload['cst'] ?? {},
  })
  const position = parsePair(payload['pos'])
  if (!principal.success || !position) throw new ContextError('ERR_CONTEXT_CLAIMS')
  return { principal: principal.data, position }
}

function parsePair(value: unknown): Position | undefined {
  if (!Array.isArray(value) || value.length !== 2) return undefined
  return positionSchema.safeParse({ epoch: value[0], seq: value[1] }).data
}
