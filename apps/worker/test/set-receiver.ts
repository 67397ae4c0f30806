import { createRemoteJWKSet, errors, type JWTPayload, jwtVerify } from 'jose'
import { z } from 'zod'
import { type ReceiverServer, type Request, startReceiver } from './receiver-server.ts'

const CAEP = 'https://schemas.openid.net/secevent/caep/event-type/'
const id = z.string().min(1)

/** RFC 9493, as far as this installation names somebody. */
const simpleSubject = z.discriminatedUnion('format', [
  z.strictObject({ format: z.literal('opaque'), id }),
  z.strictObject({ format: z.literal('iss_sub'), iss: z.url(), sub: id }),
  z.strictObject({ format: z.literal('uri'), uri: z.url() }),
])
const complexSubject = z.strictObject({
  format: z.literal('complex'),
  session: simpleSubject.optional(),
  user: simpleSubject.optional(),
  tenant: simpleSubject.optional(),
})

/** CAEP 1.0, section 2. */
const common = z.object({
  event_timestamp: z.int().positive(),
  initiating_entity: z.enum(['admin', 'user', 'policy', 'system']),
  reason_admin: z.record(z.string(), z.string()),
})
const eventSchema = z.union([
  z.strictObject({ [`${CAEP}session-revoked`]: common }),
  z.strictObject({
    [`${CAEP}token-claims-change`]: common.extend({ claims: z.record(id, z.unknown()) }),
  }),
  z.strictObject({
    [`${CAEP}credential-change`]: common.extend({
      credential_type: z.enum([
        'password',
        'pin',
        'x509',
        'fido2-platform',
        'fido2-roaming',
        'app',
      ]),
      change_type: z.enum(['create', 'revoke', 'update', 'delete']),
    }),
  }),
])

/** RFC 8417, section 2.2; the profile leaves no `sub`, and a token says for ever what happened. */
const claimsSchema = z.strictObject({
  iss: z.url(),
  aud: id,
  iat: z.int(),
  jti: id,
  toe: z.int(),
  txn: id.optional(),
  sub_id: z.union([simpleSubject, complexSubject]),
  events: eventSchema,
})
type SetClaims = z.output<typeof claimsSchema>

export interface SetReceiver extends ReceiverServer {
  /** Verified tokens as they came, also what came twice. */
  readonly tokens: readonly SetClaims[]
  /** What was done for them: once for a `jti`. */
  readonly effects: ReadonlyMap<string, SetClaims>
  /** Why tokens were refused; empty if all were right. */
  readonly refused: readonly string[]
  /** What it does instead of its work: an answer, or none at all. */
  fails: { readonly status: number; readonly err?: string } | 'silent' | undefined
}

/** A recipient of pushed tokens, RFC 8935, that verifies each with what the transmitter publishes. */
export async function startSetReceiver(options: {
  issuer: string
  audience: string
  jwksUrl: () => string
}): Promise<SetReceiver> {
  const tokens: SetClaims[] = []
  const effects = new Map<string, SetClaims>()
  const refused: string[] = []
  let keys: ReturnType<typeof createRemoteJWKSet> | undefined

  async function verify({ headers, body }: Request): Promise<SetClaims> {
    if (headers['content-type'] !== 'application/secevent+jwt') throw new Error('content-type')
    if (headers.accept !== 'application/json') throw new Error('accept')
    keys ??= createRemoteJWKSet(new URL(options.jwksUrl()))
    const { payload } = await jwtVerify(body, keys, {
      typ: 'secevent+jwt',
      issuer: options.issuer,
      audience: options.audience,
    })
    return claimsSchema.parse(payload satisfies JWTPayload)
  }

  const state: { fails: SetReceiver['fails'] } = { fails: undefined }
  const server = await startReceiver(async (request) => {
    const { fails } = state
    if (fails === 'silent') return null
    if (fails) return refusal(fails.status, fails.err)
    try {
      const claims = await verify(request)
      tokens.push(claims)
      if (!effects.has(claims.jti)) effects.set(claims.jti, claims)
      return { status: 202 }
    } catch (error) {
      refused.push(String(error))
      return refusal(400, error instanceof errors.JOSEError ? 'invalid_key' : 'invalid_request')
    }
  })
  return {
    url: server.url,
    get requests() {
      return server.requests
    },
    close: server.close,
    open: server.open,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    tokens,
    effects,
    refused,
    get fails() {
      return state.fails
    },
    set fails(fails) {
      state.fails = fails
    },
  }
}

function refusal(status: number, err?: string) {
  const body = err === undefined ? '' : JSON.stringify({ err, description: 'no' })
  return { status, headers: { 'content-type': 'application/json' }, body }
}
