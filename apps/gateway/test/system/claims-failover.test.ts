import { declareNewInstallation } from '@portcullis/revocation'
import { eventually, startSentinelRedis } from '@portcullis/testing'
import { expect, test } from 'vitest'
import { type Client, signIn } from './devices.ts'
import { startInstallation } from './installation.ts'

const LEASE_MS = 2_000
const WAIT = { timeoutMs: 60_000 }

/** The apps with sessions and log on a primary with two replicas and sentinels. */
async function start() {
  await using owned = new AsyncDisposableStack()
  const redis = owned.use(await startSentinelRedis())
  await declareNewInstallation({ redisUrl: redis.url })
  const { start } = owned.use(await startInstallation({ leaseMs: LEASE_MS }))
  const surroundings = { redisUrl: redis.url }
  const settings = { REDIS_REPLICAS: '2' }
  const accounts = await start('accounts', surroundings, settings)
  const orders = await start('orders', surroundings, settings)
  const urls = { ...surroundings, accountsUrl: accounts.url, ordersUrl: orders.url }
  const gateways = await Promise.all([
    start('gateway', urls, settings),
    start('gateway', urls, settings),
  ])
  await start('worker', urls, { ...settings, OUTBOX_REPLAY_EVERY_MS: '500' })
  const everything = owned.move()
  return { redis, gateways, [Symbol.asyncDispose]: () => everything.disposeAsync() }
}

/** What each answer said of somebody's claims, and whether one was older than one before it at the same gateway. */
function watchVersions(clients: readonly Client[]) {
  const seen = clients.map(() => 0)
  let [wentBack, isEnded] = [0, false]
  const watching = clients.map(async ({ session }, nth) => {
    while (!isEnded) {
      // Refused while nobody can tell.
      const principal = await session.me.query().catch(() => null)
      const version = principal?.claimsVersion ?? seen[nth] ?? 0
      if (version < (seen[nth] ?? 0)) wentBack += 1
      seen[nth] = version
    }
  })
  return {
    seen,
    /** How often one was older. */
    async end() {
      isEnded = true
      await Promise.all(watching)
      return wentBack
    },
  }
}

test('changes of claims while Redis fails over all hold in the end, and none is ever taken back', async () => {
  await using installation = await start()
  const { redis, gateways } = installation
  const [first, second] = gateways
  if (!first || !second) throw new Error('there are no gateways')
  const [ada, grace] = [await signIn(first, 'ada'), await signIn(first, 'grace')]
  const clients = [grace.at(first), grace.at(second)]
  const watch = watchVersions(clients)
  const setRole = (role: 'admin' | 'member') =>
    ada.client.accounts.members.setRole.mutate({ subject: 'usr_grace', role })

  await setRole('admin')
  let isOver = false
  const failedOver = redis.failover({ by: 'freeze' }).finally(() => {
    isOver = true
  })
  // Each that is answered was committed, whether or not Redis could be told.
  let made = 0
  for (let n = 0; !isOver; n += 1) {
    made += await setRole(n % 2 === 0 ? 'member' : 'admin').then(
      () => 1,
      () => 0,
    )
  }
  await failedOver
  const last = await eventually(() => setRole('admin'), WAIT)
  const { version } = await eventually(() => setRole('member'), WAIT)
  expect(version).toBeGreaterThan(last.version)
  await eventually(async () => {
    for (const { session, accounts, orders } of clients) {
      expect(await session.me.query()).toMatchObject({ claimsVersion: version, roles: ['member'] })
      await orders.list.query()
      await expect(accounts.members.list.query()).rejects.toMatchObject({
        data: { portcullis: { code: 'ERR_PERMISSION_REQUIRED' } },
      })
    }
  }, WAIT)
  expect(made).toBeGreaterThan(0)
  await eventually(() => expect(watch.seen).toEqual([version, version]), WAIT)
  expect(await watch.end()).toBe(0)
}, 180_000)
