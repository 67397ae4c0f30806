import { countCommands, eventually, type RedisServer, startRedis } from '@portcullis/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Identity } from '../src/procedures/identity.ts'
import {
  type Credentials,
  credentials,
  newKeyspace,
  startGateway,
} from './support/start-gateway.ts'

let redis: RedisServer

beforeAll(async () => {
  redis = await startRedis()
})
afterAll(async () => {
  await redis[Symbol.asyncDispose]()
})

const ACCOUNTS = 1_000
const ADDRESSES = 200
const GUESSES = 10_000
/** Calls that the attacker puts into one request. */
const PER_REQUEST = 10
/** Every fiftieth person has a password that the attacker has, at some place of the list. */
const LEAKED_EVERY = 50

const emailOf = (account: number) => `person-${account}@example.com`
const passwordOf = (account: number) =>
  account % LEAKED_EVERY === 0 ? `guess-${(account / LEAKED_EVERY) % 10}` : 'their own'

/** Checks passwords, and knows whom it let in. */
function createCountingVerifier() {
  const seen = { checked: 0, letIn: [] as string[] }
  async function verify({ email, password }: Credentials): Promise<Identity | null> {
    seen.checked++
    const account = Number(/^person-(\d+)@/.exec(email)?.[1])
    if (passwordOf(account) !== password) return null
    seen.letIn.push(email)
    return { subject: `usr_${account}`, methods: ['pwd'] }
  }
  return { seen, identity: { input: credentials, verify } }
}

async function startTwo(stack: AsyncDisposableStack, redisUrl: string) {
  const keyspace = newKeyspace()
  const { seen, identity } = createCountingVerifier()
  const options = { redisUrl, keyspace, identity, services: {}, trustedProxies: 1 }
  const first = stack.use(await startGateway(options))
  const second = stack.use(await startGateway(options))
  const urls = [first.url, second.url]
  return { seen, urls: urls as [string, string] }
}

interface Answer {
  readonly status: number
  readonly codes: readonly string[]
  readonly device: string | undefined
}

/** Signs in to each account with its password, in one request. */
async function signIn(
  url: string,
  address: string,
  inputs: readonly Credentials[],
  cookie = '',
): Promise<Answer> {
  const path = inputs.map(() => 'session.signIn').join(',')
  const response = await fetch(`${url}/${path}?batch=1`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-forwarded-for': address, cookie },
    body: JSON.stringify({ ...inputs }),
  })
  const results = (await response.json()) as {
    error?: { data: { portcullis: { code: string } } }
  }[]
  const device = response.headers.getSetCookie().find((value) => value.startsWith('device='))
  return {
    status: response.status,
    codes: results.map(({ error }) => error?.data.portcullis.code ?? 'ok'),
    device: device?.split(';', 1)[0],
  }
}

const inputOf = (account: number, password: string) => ({ email: emailOf(account), password })

/** Ten guesses at each of 1,000 accounts, from 200 addresses, over both gateways. */
async function attack(urls: readonly [string, string]) {
  const requests = Array.from({ length: GUESSES / PER_REQUEST }, (_, n) => n)
  const worker = async () => {
    for (let n = requests.shift(); n !== undefined; n = requests.shift()) {
      const first = (n * PER_REQUEST) % ACCOUNTS
      const guess = `guess-${Math.floor((n * PER_REQUEST) / ACCOUNTS)}`
      const inputs = Array.from({ length: PER_REQUEST }, (_, k) => inputOf(first + k, guess))
      await signIn(urls[n % 2] as string, `198.51.100.${n % ADDRESSES}`, inputs)
    }
  }
  await Promise.all(Array.from({ length: 8 }, worker))
}

describe('10,000 guesses at 1,000 accounts from 200 addresses', () => {
  test('get nowhere, and their owners go on signing in from what they have used before', async () => {
    await using stack = new AsyncDisposableStack()
    const { seen, urls } = await startTwo(stack, redis.url)
    const own = (account: number) => inputOf(account, passwordOf(account))
    const ownersBefore = await signIn(urls[0], '192.0.2.1', [own(1)])
    expect(ownersBefore.codes).toEqual(['ok'])
    await signIn(urls[0], '192.0.2.2', [own(2)])
    Object.assign(seen, { checked: 0, letIn: [] })

    const commands = await countCommands(redis.url)
    await attack(urls)
    const counted = await commands.commands()
    await commands.stop()
    // 100 a minute are looked at, in however many minutes that took.
    expect(seen.checked).toBeGreaterThanOrEqual(100)
    expect(seen.checked).toBeLessThanOrEqual(500)
    expect(seen.letIn.length).toBeLessThanOrEqual(2)
    const limiting = counted.filter(({ connection }) => connection.endsWith(':limits'))
    process.stdout.write(
      `of ${GUESSES} guesses ${seen.checked} were looked at, ${seen.letIn.length} were right; ${limiting.length} Redis commands\n`,
    )

    // A device that is known, from an address that attacks; a network that is known, without a cookie.
    const device = await signIn(urls[1], '198.51.100.7', [own(1)], ownersBefore.device)
    expect(device.codes).toEqual(['ok'])
    expect((await signIn(urls[1], '192.0.2.2', [own(2)])).codes).toEqual(['ok'])
  })

  test('at one account lock out strangers alone, in every gateway', async () => {
    await using stack = new AsyncDisposableStack()
    const { urls } = await startTwo(stack, redis.url)
    const victim = inputOf(1, passwordOf(1))
    const { device } = await signIn(urls[0], '192.0.2.1', [victim])
    for (let n = 0; n < 5; n++) {
      const { codes } = await signIn(urls[n % 2] as string, `198.51.100.${n}`, [
        inputOf(1, 'wrong'),
      ])
      expect(codes).toEqual(['ERR_SIGN_IN_REFUSED'])
    }
    for (const url of urls) {
      const refused = await signIn(url, '198.51.100.99', [inputOf(1, 'wrong')])
      expect(refused).toMatchObject({ status: 429, codes: ['ERR_THROTTLED'] })
      expect((await signIn(url, '203.0.113.50', [victim], device)).codes).toEqual(['ok'])
      expect((await signIn(url, '192.0.2.1', [victim])).codes).toEqual(['ok'])
    }
  })

  test('are bounded while Redis is away', async () => {
    await using stack = new AsyncDisposableStack()
    const own = stack.use(await startRedis())
    const { seen, urls } = await startTwo(stack, own.url)
    await own.stop()
    for (let n = 0; n < 20; n++) {
      const inputs = Array.from({ length: PER_REQUEST }, (_, k) => inputOf(k + 1, `guess-${n}`))
      await signIn(urls[0], `198.51.100.${n}`, inputs)
    }
    // Five at each of ten accounts.
    expect(seen.checked).toBe(50)
    await own.restart()
    await eventually(async () => {
      const { codes } = await signIn(urls[1], '203.0.113.1', [inputOf(999, passwordOf(999))])
      expect(codes).toEqual(['ok'])
    })
  })
})
