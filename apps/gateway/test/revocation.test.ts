import { createPortcullisClient } from '@portcullis/client/node'
import type { SessionEvent } from '@portcullis/gateway'
import { eventually } from '@portcullis/testing'
import { type TRPCClient, TRPCClientError } from '@trpc/client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AppRouter } from '../src/app-router.ts'
import { type Constellation, startConstellation } from './constellation.ts'

let running: Constellation

beforeAll(async () => {
  running = await startConstellation()
})
afterAll(() => running?.[Symbol.asyncDispose]())

async function signIn(name: 'ada' | 'grace', onSessionEnded: () => void = () => {}) {
  const url = running.gateways[0]?.url ?? ''
  const client = createPortcullisClient<AppRouter>({ url, onSessionEnded })
  const email = `${name}@example.com`
  return { client, session: await client.session.signIn.mutate({ email, password: 'portcullis' }) }
}

/** What a client hears on everything that stays open for a person. */
function listen(client: TRPCClient<AppRouter>) {
  const heard = { events: [] as string[], connections: 0, ends: [] as string[] }
  const callbacks = {
    onStarted: () => {
      heard.connections += 1
    },
    onError: (error: unknown) => heard.ends.push(codeOf(error)),
  }
  client.session.events.subscribe(undefined, {
    ...callbacks,
    onData: (event: SessionEvent) => heard.events.push(event.type),
  })
  client.orders.onChange.subscribe({}, callbacks)
  return heard
}

function codeOf(error: unknown): string {
  return error instanceof TRPCClientError ? String(error.data?.code) : 'untyped'
}

describe('an administrator who ends everything of a person', () => {
  test('knows when it is in force at every service, and the person’s devices know at once', async () => {
    const { client: admin } = await signIn('ada')
    let told = 0
    const { client: grace } = await signIn('grace', () => {
      told += 1
    })
    const heard = listen(grace)
    await eventually(() => expect(heard.connections).toBe(2))
    const selector = { subject: 'usr_grace' } as const
    expect(await admin.admin.preview.query({ selector })).toEqual({ sessions: 1, streams: 2 })

    const { ended, receipt } = await admin.admin.revoke.mutate({ selector, reason: 'test' })
    expect({ ended, level: receipt.level }).toEqual({ ended: 1, level: 'enforced' })
    const services = receipt.instances.map(({ service, state }) => `${service} ${state}`)
    expect(services.sort()).toEqual(['accounts acknowledged', 'orders acknowledged'])

    await eventually(() => expect(heard.ends).toEqual(['UNAUTHORIZED', 'UNAUTHORIZED']), {
      timeoutMs: 1_000,
    })
    expect(heard).toMatchObject({ events: ['session.ended'], connections: 2 })
    expect(told).toBe(1)
    expect(await grace.session.me.query()).toBeNull()
  })
})

test('a device that is signed out from another one hears of it and of nothing else', async () => {
  const { client: laptop, session } = await signIn('grace')
  const { client: phone } = await signIn('grace')
  const [onLaptop, onPhone] = [listen(laptop), listen(phone)]
  await eventually(() => expect([onLaptop.connections, onPhone.connections]).toEqual([2, 2]))
  const { receipt } = await phone.session.revoke.mutate({ session: session.id })
  expect(receipt?.level).toBe('enforced')
  await eventually(() => expect(onLaptop.ends).toEqual(['UNAUTHORIZED', 'UNAUTHORIZED']))
  expect(onPhone).toEqual({ events: [], connections: 2, ends: [] })
  await phone.session.signOut.mutate()
})
