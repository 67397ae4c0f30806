import { createServer } from 'node:http'
import { type Listening, listen } from '../listen.ts'
import type { SetIssuer } from './message.ts'

/** Where the keys are, behind the issuer's own address. */
const KEYS_PATH = '/jwks.json'
const CONFIGURATION_PATH = '/.well-known/ssf-configuration'
/** How long a receiver may go on with the keys that it has, seconds: a new key is published for longer before it signs. */
const MAX_AGE_S = 300

/** Says with which keys tokens are verified, to anybody. @throws when the address is taken. */
export async function startKeyServer(
  { issuer, keys }: SetIssuer,
  address: { host: string; port: number },
): Promise<Listening> {
  const documents: Readonly<Record<string, string>> = {
    [KEYS_PATH]: JSON.stringify(keys.jwks),
    [CONFIGURATION_PATH]: JSON.stringify({
      spec_version: '1_0',
      issuer,
      jwks_uri: `${issuer.replace(/\/$/, '')}${KEYS_PATH}`,
      delivery_methods_supported: ['urn:ietf:rfc:8935'],
    }),
  }
  const server = createServer(({ method, url = '' }, response) => {
    const found = Object.hasOwn(documents, url) ? documents[url] : undefined
    if (method !== 'GET' || found === undefined) {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('no\n')
      return
    }
    const headers = {
      'content-type': 'application/json',
      'cache-control': `public, max-age=${MAX_AGE_S}`,
    }
    response.writeHead(200, headers).end(found)
  })
  return listen(server, address)
}
