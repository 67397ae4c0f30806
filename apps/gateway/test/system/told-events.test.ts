import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { eventually, findFreePort } from '@portcullis/testing'
import { createRemoteJWKSet, exportJWK, generateKeyPair, jwtVerify } from 'jose'
import { expect, test } from 'vitest'
import { signIn } from './devices.ts'
import { startInstallation } from './installation.ts'

const ISSUER = 'https://id.example'
const AUDIENCE = 'https://partner.example'
const CAEP = 'https://schemas.openid.net/secevent/caep/event-type/'
const WAIT = { timeoutMs: 30_000 }

/** Somebody outside who keeps the tokens that it could verify. */
async function startPartner(keysPort: number) {
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

async function generateKey() {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true })
  return { ...(await exportJWK(privateKey)), alg: 'ES256', kid: 'first' }
}

test('a partner hears that a password was changed and that somebody signed out, as gateway and accounts do it', async () => {
  const keysPort = await findFreePort()
  await using partner = await startPartner(keysPort)
  await using installation = await startInstallation({ leaseMs: 1_000 })
  const { start } = installation
  const accounts = await start('accounts')
  const gateway = await start('gateway', { accountsUrl: accounts.url })
  const receiver = { kind: 'set', name: 'partner', url: partner.url, audience: AUDIENCE }
  await start(
    'worker',
    { accountsUrl: accounts.url, keepsTrail: true },
    {
      EVENT_RECEIVERS: JSON.stringify([receiver]),
      EVENT_ISSUER: ISSUER,
      EVENT_KEYS: JSON.stringify({ keys: [await generateKey()] }),
      EVENT_KEYS_PORT: String(keysPort),
    },
  )

  const { client } = await signIn(gateway, 'grace')
  const passwords = { password: 'portcullis', newPassword: 'a long new password' }
  await client.session.changePassword.mutate(passwords)
  const [own] = await client.session.list.query()
  await client.session.signOut.mutate()

  const grace = { format: 'iss_sub', iss: ISSUER, sub: 'usr_grace' }
  const signedOut = { initiating_entity: 'user', reason_admin: { en: 'sign-out' } }
  await eventually(() => {
    expect(partner.told.at(-1)).toMatchObject({
      sub_id: { format: 'complex', session: { format: 'opaque', id: own?.id }, user: grace },
      events: { [`${CAEP}session-revoked`]: signedOut },
    })
  }, WAIT)
  expect(partner.told[0]).toMatchObject({
    sub_id: grace,
    events: {
      [`${CAEP}credential-change`]: { credential_type: 'password', change_type: 'update' },
    },
  })
}, 90_000)
