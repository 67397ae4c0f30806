import { decodeJwt, generateKeyPair, type JWTPayload, jwtVerify, SignJWT } from 'jose'
import { SERVICE } from './contexts.ts'

/** Tokens of another algorithm with the claims of contexts. */
export interface SignedTokens {
  readonly tokens: readonly string[]
  /** By the same checks as those of a context. */
  verify(token: string): Promise<JWTPayload>
}

const TYPE = 'ctx+jwt'

export async function signLike(
  contexts: readonly string[],
  algorithm: 'RS256' | 'ES256' | 'EdDSA',
): Promise<SignedTokens> {
  const { privateKey, publicKey } = await generateKeyPair(algorithm)
  const header = { alg: algorithm, typ: TYPE, kid: 'key-2026-01' }
  const checks = {
    algorithms: [algorithm],
    typ: TYPE,
    issuer: 'gateway',
    audience: SERVICE,
    maxTokenAge: 300,
    clockTolerance: 5,
  }
  const sign = (context: string) =>
    new SignJWT(decodeJwt(context)).setProtectedHeader(header).sign(privateKey)
  return {
    tokens: await Promise.all(contexts.map(sign)),
    verify: async (token) => (await jwtVerify(token, publicKey, checks)).payload,
  }
}
