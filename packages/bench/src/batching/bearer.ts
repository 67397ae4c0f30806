import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose'

/** Somebody's JWT, and what the server needs to verify it. */
export interface Bearer {
  readonly token: string
  readonly publicKey: JWK
  readonly issuer: string
  readonly audience: string
}

/** Characters of the token: what one has that carries roles and permissions. */
const TOKEN_CHARACTERS = 1_500
/** Long enough for the whole run. */
const EXPIRES = '2h'

export async function createBearer(): Promise<Bearer> {
  const { publicKey, privateKey } = await generateKeyPair('RS256')
  const issuer = 'https://id.example.com/'
  const audience = 'https://api.example.com/'
  const sign = (permissions: readonly string[]) =>
    new SignJWT({ permissions, roles: ['member', 'billing'], org: 'org_acme' })
      .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: 'key-1' })
      .setSubject('usr_ada')
      .setIssuer(issuer)
      .setAudience(audience)
      .setIssuedAt()
      .setExpirationTime(EXPIRES)
      .sign(privateKey)
  const permissions: string[] = []
  let token = await sign(permissions)
  while (token.length < TOKEN_CHARACTERS) {
    permissions.push(`resource-${permissions.length}:read`)
    token = await sign(permissions)
  }
  return { token, publicKey: await exportJWK(publicKey), issuer, audience }
}
