import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createRemoteJWKSet, exportJWK, generateKeyPair, jwtVerify } from 'jose'

const AUDIENCE = 'https://partner.example'
export const ISSUER = 'https://id.example'
export const CAEP = 'https://schemas.openid.net/secevent/caep/event-type/'

/** Somebody outside who keeps the tokens that it could verify. */
export async function startPartner(keysPort: number) {
  const keys = createRemoteJWKSet(new URL(`http://127.0.0.1:${keysPort}/jwks.json`))
  const expected = { typ: 'secevent+jwt', issuer: ISSUER, audience: AUDIENCE }
  const told: Record<string, unknown>[] = []
  const server = createServer(async (request, response) => {
    let token = ''
    for await (const chunk of request.setEncoding('utf8')) token += chunk
    const verified = await jwtVerify(token, keys, expected).catch(() => undefined)
    if (verified) told.push(verified.payload)
    response.writeHead(verified ? 202 : 401).end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/`,
    told,
    async [Symbol.asyncDispose]() {
      server.close()
      server.closeAllConnections()
    },
  }
}

/** What a worker is configured with that tells a partner. */
export async function tellingOf({ url }: { url: string }, keysPort: number) {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true })
  const key = { ...(await exportJWK(privateKey)), alg: 'ES256', kid: 'first' }
  return {
    EVENT_RECEIVERS: JSON.stringify([{ kind: 'set', name: 'partner', url, audience: AUDIENCE }]),
    EVENT_ISSUER: ISSUER,
    EVENT_KEYS: JSON.stringify({ keys: [key] }),
    EVENT_KEYS_PORT: String(keysPort),
  }
}
