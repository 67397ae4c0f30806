import { CONTEXT_HEADER } from '@portcullis/context'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createClient, type RunningOrders, refusalOf, startOrders } from './orders-service.ts'
import { ScriptedFollower } from './scripted-follower.ts'

let orders: RunningOrders
const follower = new ScriptedFollower()

beforeAll(async () => {
  orders = await startOrders({ follower })
})
afterAll(() => orders[Symbol.asyncDispose]())
beforeEach(() => {
  orders.journal.executed.length = 0
  follower.position = { epoch: 1, seq: 0 }
  follower.onCatchUp = () => undefined
  follower.aheadMs = 0
})

const as = async (...person: Parameters<RunningOrders['identities']['person']>) =>
  createClient(orders.url, await orders.identities.person(...person)).orders
const anonymous = () => createClient(orders.url).orders

describe('who a request is for', () => {
  test('no context is nobody, and public procedures answer', async () => {
    expect(await anonymous().whoAmI.query()).toBeNull()
  })

  test('a context is its subject', async () => {
    const client = await as({ subject: 'usr_ada' })
    expect(await client.whoAmI.query()).toBe('usr_ada')
    expect(await client.signedIn.query()).toBe('usr_ada')
  })

  test('an invalid context is refused even where nobody would do', async () => {
    for (const token of ['', 'x', 'a.b.c', 'x'.repeat(9000)]) {
      const client = createClient(orders.url, { [CONTEXT_HEADER]: token }).orders
      expect(await refusalOf(client.whoAmI.query())).toEqual([
        401,
        'UNAUTHORIZED',
        'ERR_CONTEXT_INVALID',
      ])
    }
    expect(orders.journal.executed).toEqual([])
  })

  test('a context for another service is refused', async () => {
    const client = await as({}, { audience: 'accounts' })
    expect(await refusalOf(client.whoAmI.query())).toEqual([
      401,
      'UNAUTHORIZED',
      'ERR_CONTEXT_INVALID',
    ])
  })

  test('a context of a stranger is refused', async () => {
    await using other = await startOrders()
    const headers = await other.identities.person()
    const client = createClient(orders.url, headers).orders
    expect(await refusalOf(client.whoAmI.query())).toContain('ERR_CONTEXT_INVALID')
  })

  test('two contexts are none, valid or not', async () => {
    const [one, two] = [await orders.identities.person(), await orders.identities.person()]
    const headers = new Headers(one)
    headers.append(CONTEXT_HEADER, two[CONTEXT_HEADER] ?? '')
    const response = await fetch(`${orders.url}/orders.whoAmI`, { headers })
    expect(response.status).toBe(401)
    expect(await response.json()).toMatchObject({
      error: { data: { portcullis: { code: 'ERR_CONTEXT_INVALID' } } },
    })
  })

  test('an identity in plain headers is nobody', async () => {
    const headers = { 'x-user-id': 'usr_ada', 'x-user-roles': 'system:admin' }
    const client = createClient(orders.url, headers).orders
    expect(await client.whoAmI.query()).toBeNull()
  })
})

describe('a context that is out of time', () => {
  const HOUR_MS = 3_600_000

  test.each([-HOUR_MS, HOUR_MS])(
    'is judged by the time of the next fence, however the service was mistaken (%d ms)',
    async (aheadMs) => {
      follower.aheadMs = aheadMs
      follower.onCatchUp = () => {
        follower.aheadMs = 0
      }
      const client = await as({ subject: 'usr_ada' })
      expect(await client.whoAmI.query()).toBe('usr_ada')
    },
  )

  test('is refused if it still is, with the position from which on a new one is in time', async () => {
    follower.aheadMs = HOUR_MS
    const headers = await orders.identities.person()
    const response = await fetch(`${orders.url}/orders.whoAmI`, { headers })
    expect([response.status, response.headers.get('x-portcullis-stale')]).toEqual([401, '1.0'])
    expect(await response.json()).toMatchObject({
      error: { data: { portcullis: { code: 'ERR_CONTEXT_EXPIRED' } } },
    })
  })
})

describe('a context that is older than what the service has heard', () => {
  test('is refused before anything is executed, with the position to reach', async () => {
    const headers = await orders.identities.person({ session: 'ses_stale' })
    follower.revokeSession('ses_stale')
    const response = await fetch(`${orders.url}/orders.touch?batch=1`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: '{}',
    })
    expect([response.status, response.headers.get('x-portcullis-stale')]).toEqual([503, '1.1'])
    expect(await response.json()).toMatchObject([
      {
        error: { data: { code: 'SERVICE_UNAVAILABLE', portcullis: { code: 'ERR_CONTEXT_STALE' } } },
      },
    ])
    expect(orders.journal.executed).toEqual([])
  })

  test('is believed again when it was checked at that position', async () => {
    follower.revokeSession('ses_again')
    const client = await as({ session: 'ses_again' }, { position: follower.position })
    expect(await client.touch.mutate()).toBe('ran')
  })

  test('does not concern others', async () => {
    const client = await as({ session: 'ses_other' })
    follower.revokeSession('ses_stale')
    expect(await client.touch.mutate()).toBe('ran')
  })

  test('says so to streaming clients too', async () => {
    const headers = await orders.identities.person({ session: 'ses_stream' })
    follower.revokeSession('ses_stream')
    const response = await fetch(`${orders.url}/orders.count?batch=1`, {
      headers: { ...headers, 'trpc-accept': 'application/jsonl' },
    })
    expect(response.headers.get('x-portcullis-stale')).toBe('1.1')
    expect(await response.text()).toContain('ERR_CONTEXT_STALE')
  })
})

describe('a context of an epoch that the service has not heard of', () => {
  test('makes it read the log, then decide', async () => {
    const position = { epoch: 2, seq: 0 }
    follower.onCatchUp = () => {
      follower.position = position
    }
    expect(await (await as({}, { position })).touch.mutate()).toBe('ran')
  })

  test('is refused while the log does not confirm it', async () => {
    const client = await as({}, { position: { epoch: 2, seq: 0 } })
    expect(await refusalOf(client.touch.mutate())).toContain('ERR_CONTEXT_STALE')
  })

  test('cannot be judged while the log cannot be read', async () => {
    follower.onCatchUp = () => Promise.reject(new Error('down'))
    const client = await as({}, { position: { epoch: 2, seq: 0 } })
    expect(await refusalOf(client.touch.mutate())).toEqual([
      503,
      'SERVICE_UNAVAILABLE',
      'ERR_UNVERIFIABLE',
    ])
    expect(orders.journal.executed).toEqual([])
  })
})

describe('what is asked of a principal', () => {
  test('a session', async () => {
    expect(await refusalOf(anonymous().signedIn.query())).toEqual([
      401,
      'UNAUTHORIZED',
      'ERR_SESSION_REQUIRED',
    ])
  })

  test('one of the roles', async () => {
    expect(await refusalOf((await as({ roles: ['member'] })).asOwner.query())).toEqual([
      403,
      'FORBIDDEN',
      'ERR_ROLE_REQUIRED',
    ])
    expect(await (await as({ roles: ['owner'] })).asOwner.query()).toBe('ran')
    expect(await (await as({ roles: ['system:admin'] })).asOwner.query()).toBe('ran')
  })

  test('one of the permissions', async () => {
    expect(await refusalOf((await as()).withWrite.query())).toEqual([
      403,
      'FORBIDDEN',
      'ERR_PERMISSION_REQUIRED',
    ])
    expect(await (await as({ permissions: ['orders.write'] })).withWrite.query()).toBe('ran')
  })

  test('an organization', async () => {
    expect(await refusalOf((await as({ organization: null })).inOrganization.query())).toEqual([
      403,
      'FORBIDDEN',
      'ERR_ORGANIZATION_REQUIRED',
    ])
    expect(await (await as()).inOrganization.query()).toBe('org_acme')
  })

  test('a recent sign-in', async () => {
    const now = Math.floor(Date.now() / 1000)
    expect(await refusalOf((await as({ authenticatedAt: now - 302 })).recent.query())).toEqual([
      403,
      'FORBIDDEN',
      'ERR_RECENT_SIGN_IN_REQUIRED',
    ])
    expect(await (await as({ authenticatedAt: now - 290 })).recent.query()).toBe('ran')
  })

  test('a level of assurance, of which the refusal tells', async () => {
    const weak = (await as({ assurance: 'aal1' })).assured.query()
    await expect(weak).rejects.toMatchObject({
      data: {
        code: 'FORBIDDEN',
        portcullis: { code: 'ERR_ASSURANCE_REQUIRED', assurance: 'aal2' },
      },
    })
    for (const assurance of ['aal2', 'aal3'] as const) {
      expect(await (await as({ assurance })).assured.query()).toBe('ran')
    }
  })

  test('nothing of this needs a valid input first', async () => {
    const response = await fetch(`${orders.url}/orders.create`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{ not json',
    })
    expect(response.status).toBe(401)
  })

  test('a batch fails call by call', async () => {
    const client = await as({ roles: ['member'] })
    const [ok, refused] = await Promise.allSettled([
      client.signedIn.query(),
      client.asOwner.query(),
    ])
    expect([ok.status, refused.status]).toEqual(['fulfilled', 'rejected'])
  })
})

describe('errors', () => {
  test('one that nobody meant to send says nothing of the inside', async () => {
    const response = await fetch(`${orders.url}/orders.crash`)
    const text = await response.text()
    expect([response.status, text.includes('10.0.0.7'), text.includes('stack')]).toEqual([
      500,
      false,
      false,
    ])
  })

  test('one that a procedure throws on purpose is passed on', async () => {
    await expect(anonymous().conflict.query()).rejects.toThrow('Taken')
  })
})
