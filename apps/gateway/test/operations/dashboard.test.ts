import { eventually } from '@portcullis/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Constellation, startConstellation } from '../constellation.ts'
import { type Device, signIn } from '../system/devices.ts'

const WAIT = { timeoutMs: 40_000 }

let installation: Constellation
beforeAll(async () => {
  installation = await startConstellation({ worker: 1, operations: true })
}, 90_000)
afterAll(() => installation?.[Symbol.asyncDispose]())

function gateway() {
  const [first] = installation.gateways
  if (!first) throw new Error('there is no gateway')
  return first
}

const openBy = ({ client }: Device) =>
  eventually(async () => (await client.operations.dashboard.open.mutate()).url, WAIT)

/** A browser in which an administrator has opened the dashboard. */
async function enterAs(ada: Device) {
  const ticket = await openBy(ada)
  const entered = await fetch(ticket)
  const setCookie = entered.headers.get('set-cookie') ?? ''
  const [cookie = ''] = setCookie.split(';')
  const base = new URL('.', ticket)
  const ask = (path: string, init: RequestInit = {}) =>
    fetch(new URL(path, base), { ...init, headers: { cookie, ...init.headers } })
  return { ticket, base, entered, setCookie, ask }
}

const QUEUES = 'api/queues'

describe('the dashboard of the queues', () => {
  test('shows them to an administrator who has opened it', async () => {
    const { entered, setCookie, ask } = await enterAs(await signIn(gateway(), 'ada'))
    expect(entered.status).toBe(200)
    expect(setCookie).toMatch(/^queues=[\w-]{43}; /)
    for (const part of ['Path=/queues', 'HttpOnly', 'SameSite=Strict']) {
      expect(setCookie.split('; ')).toContain(part)
    }
    const answer = await ask(QUEUES)
    const { queues } = (await answer.json()) as { queues: { name: string }[] }
    expect(queues.map(({ name }) => name).toSorted()).toEqual([
      'claims.fill',
      'outbox.replay',
      'sessions.revoke',
    ])
    const job = await ask('api/queues/claims.fill/claims-1')
    expect(await job.json()).toMatchObject({ job: { id: 'claims-1' } })
  })

  test('is a page whose parts are all its own', async () => {
    const { ask } = await enterAs(await signIn(gateway(), 'ada'))
    const page = await ask('')
    expect(page.status).toBe(200)
    const html = await page.text()
    expect(await (await ask('queue/claims.fill')).text()).toBe(html)
    expect(html).not.toMatch(/(src|href)="(https?:)?\/\//)
    const policy = page.headers.get('content-security-policy')
    expect(policy).toContain("default-src 'none'; script-src 'self';")
    const scripts = [...html.matchAll(/src="(static\/[^"]+)"/g)].flatMap(([, path]) => path ?? [])
    expect(scripts.length).toBeGreaterThan(0)
    for (const script of scripts) expect((await ask(script)).status).toBe(200)
  })

  test('is nothing to whoever has no cookie of it', async () => {
    const { base } = await enterAs(await signIn(gateway(), 'ada'))
    const cookies = [undefined, 'queues=', `queues=${'A'.repeat(43)}`]
    for (const path of ['', '../queues', QUEUES, 'static/favicon.ico', 'enter', 'enter?ticket=x']) {
      for (const cookie of cookies) {
        const answer = await fetch(new URL(path, base), { headers: cookie ? { cookie } : {} })
        expect(answer.status).toBe(401)
        expect(answer.headers.has('set-cookie')).toBe(false)
      }
    }
  })

  test('is entered once by a ticket', async () => {
    const ticket = await openBy(await signIn(gateway(), 'ada'))
    expect((await fetch(ticket, { method: 'HEAD' })).status).toBe(401)
    const both = await Promise.all([fetch(ticket), fetch(ticket)])
    expect(both.map(({ status }) => status).toSorted()).toEqual([200, 401])
    expect((await fetch(ticket)).status).toBe(401)
  })

  test('is opened by administrators alone', async () => {
    await openBy(await signIn(gateway(), 'ada'))
    const { client } = await signIn(gateway(), 'grace')
    await expect(client.operations.dashboard.open.mutate()).rejects.toMatchObject({
      data: { portcullis: { code: 'ERR_PERMISSION_REQUIRED' } },
    })
  })

  test('takes changes from its own page alone, and none of what a job is about', async () => {
    const { base, ask } = await enterAs(await signIn(gateway(), 'ada'))
    const pause = `${QUEUES}/claims.fill/pause`
    const own = { origin: base.origin }
    for (const headers of [{}, { origin: gateway().url }, { origin: 'null' }]) {
      expect((await ask(pause, { method: 'PUT', headers })).status).toBe(403)
    }
    expect((await ask(pause, { method: 'PUT', headers: own })).status).toBe(200)
    const shown = (await (await ask(QUEUES)).json()) as { queues: object[] }
    expect(shown.queues).toContainEqual(
      expect.objectContaining({ name: 'claims.fill', isPaused: true }),
    )
    const json = { ...own, 'content-type': 'application/json' }
    const body = JSON.stringify({ name: 'sessions.revoke', data: {}, options: {} })
    const added = await ask(`${QUEUES}/sessions.revoke/add`, {
      method: 'POST',
      headers: json,
      body,
    })
    expect(added.status).toBe(403)
    const changed = await ask(`${QUEUES}/claims.fill/claims-1/update-data`, {
      ...{ method: 'PATCH', headers: json },
      body: JSON.stringify({ jobData: { definition: 9 } }),
    })
    expect(changed.status).toBe(403)
    const emptied = await ask(`${QUEUES}/claims.fill/empty`, { method: 'PUT', headers: own })
    expect(emptied.status).toBe(403)
  })

  test('ends for whose session has ended, with the next request', async () => {
    const ada = await signIn(gateway(), 'ada')
    const other = await signIn(gateway(), 'ada')
    const [looking, onOther] = [await enterAs(ada), await enterAs(other)]
    expect((await looking.ask(QUEUES)).status).toBe(200)
    const me = await ada.client.session.me.query()
    if (!me) throw new Error('not signed in')
    const { session } = me
    const { receipt } = await other.client.admin.revoke.mutate({ selector: { session } })
    expect(receipt.level).toBe('enforced')
    expect((await looking.ask(QUEUES)).status).toBe(401)
    expect((await looking.ask('')).status).toBe(401)
    expect((await onOther.ask(QUEUES)).status).toBe(200)
  })

  // The last one: nobody is left who could restore her.
  test('ends for who is no administrator any more, though nobody ended the session', async () => {
    const ada = await signIn(gateway(), 'ada')
    const looking = await enterAs(ada)
    expect((await looking.ask(QUEUES)).status).toBe(200)
    const { administration } = ada.client.accounts
    await administration.suspendUser.mutate({ subject: 'usr_ada' })
    await eventually(async () => expect((await looking.ask(QUEUES)).status).toBe(401), WAIT)
  })
})
