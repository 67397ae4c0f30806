import { type CommandCount, type CountedCommand, countCommands } from '@portcullis/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { AppProcess } from '../app-process.ts'
import { type Client, signIn } from './devices.ts'
import { type Installation, startInstallation } from './installation.ts'

let installation: Installation
let gateways: [first: AppProcess, second: AppProcess]
let redis: CommandCount

beforeAll(async () => {
  installation = await startInstallation()
  const { start } = installation
  const [accounts, orders] = await Promise.all([start('accounts'), start('orders')])
  const services = { accountsUrl: accounts.url, ordersUrl: orders.url }
  const [first, second] = await Promise.all([
    start('gateway', services),
    start('gateway', services),
    start('worker', services, { OUTBOX_REPLAY_EVERY_MS: '500' }),
  ])
  gateways = [first, second]
  redis = await countCommands(installation.redis.url)
})
afterAll(async () => {
  await redis?.stop()
  await installation?.[Symbol.asyncDispose]()
})

const REQUESTS = 1_000
/** Requests under way at once. */
const CONCURRENCY = 20

test('1,000 authenticated requests on a warm cache cost no Redis command in gateways and services', async () => {
  const people = await Promise.all(
    (['ada', 'grace', 'linus'] as const).map((person) => signIn(gateways[0], person)),
  )
  expect(onRequestPath(await redis.commands()).map(({ connection }) => connection)).toContain(
    'gateway:commands',
  )
  let sent = 0
  const onRequest = () => {
    sent += 1
  }
  const requests = people.flatMap((person) =>
    gateways.flatMap((gateway) =>
      requestsOf({
        single: () => person.at(gateway, { onRequest }),
        batch: () => person.at(gateway, { onRequest, batch: true }),
        organization: person.session.organization ?? '',
      }),
    ),
  )
  for (const request of requests) await request()

  sent = 0
  await redis.reset()
  await repeat(REQUESTS, (n) => requests[n % requests.length]?.())
  const commands = await redis.commands()
  expect(sent).toBe(REQUESTS)
  print(commands)
  expect(onRequestPath(commands)).toEqual([])
})

/** One request each: single calls, and batches over one service and over both. All need a session. */
function requestsOf(visitor: { single(): Client; batch(): Client; organization: string }) {
  const { single, batch, organization } = visitor
  const isOwn = { lastEventId: expect.stringContaining(`${organization}.`) }
  return [
    async () => expect(await single().accounts.me.query()).toMatchObject({ organization }),
    async () => expect(await single().orders.list.query()).toMatchObject(isOwn),
    async () => {
      const { accounts, orders } = batch()
      const calls = [accounts.me.query(), orders.list.query()] as const
      expect(await Promise.all(calls)).toMatchObject([{ organization }, isOwn])
    },
    async () => {
      const { orders } = batch()
      const calls = [orders.list.query({ limit: 1 }), orders.list.query({ limit: 2 })]
      expect(await Promise.all(calls)).toMatchObject([isOwn, isOwn])
    },
  ]
}

async function repeat(times: number, request: (n: number) => Promise<void> | undefined) {
  let next = 0
  const worker = async () => {
    while (next < times) {
      const n = next
      next += 1
      await request(n)
    }
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, worker))
}

/** Loads and changes have connections of their own; what else an app has runs by itself, requests or not. */
function onRequestPath(commands: readonly CountedCommand[]): CountedCommand[] {
  return commands.filter(({ connection }) => connection.endsWith(':commands'))
}

function print(commands: readonly CountedCommand[]): void {
  const background = new Map<string, number>()
  for (const { connection, command } of commands) {
    if (connection.endsWith(':commands')) continue
    const key = `${connection} ${command}`
    background.set(key, (background.get(key) ?? 0) + 1)
  }
  const lines = [
    `Redis commands during ${REQUESTS} authenticated requests`,
    ...['gateway', 'accounts', 'orders'].map((app) => {
      const own = commands.filter(({ connection }) => connection === `${app}:commands`)
      return row(`${app}:commands`, own.length)
    }),
    'in the background',
    ...[...background].sort().map(([key, count]) => row(key, count)),
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
}

const row = (name: string, count: number) => `  ${String(count).padStart(5)}  ${name}`
