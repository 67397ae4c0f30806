import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseRedisAddress } from './address.ts'

const plain = { db: 0, user: null, password: null, isEncrypted: false }

test('a server address gives host, port, database and credentials, with the usual defaults', () => {
  expect(parseRedisAddress('redis://localhost')).toEqual({
    kind: 'server',
    ...plain,
    host: 'localhost',
    port: 6379,
  })
  expect(parseRedisAddress('rediss://orders:p%40ss:word@[::1]:7000/2')).toEqual({
    kind: 'server',
    host: '::1',
    port: 7000,
    db: 2,
    user: 'orders',
    password: 'p@ss:word',
    isEncrypted: true,
  })
})

test('a Sentinel address gives every sentinel and the name of the primary', () => {
  const address = parseRedisAddress('redis+sentinel://:s3cret@a:1,b,10.0.0.1:3/1?name=portcullis')
  expect(address).toEqual({
    ...plain,
    kind: 'sentinel',
    db: 1,
    password: 's3cret',
    primaryName: 'portcullis',
    sentinels: [
      { host: 'a', port: 1 },
      { host: 'b', port: 26379 },
      { host: '10.0.0.1', port: 3 },
    ],
  })
})

const BAD = [
  ['', 'must be'],
  ['localhost:6379', 'must be'],
  ['http://localhost', 'must be'],
  ['redis://', 'must be'],
  ['redis:///var/run/redis.sock', 'must be'],
  ['redis://a:0', 'port'],
  ['redis://a:65536', 'port'],
  ['redis://a:1,b:2', 'host'],
  ['redis://a b', 'host'],
  ['redis://[::1', 'host'],
  ['redis://[10.0.0.1]', 'host'],
  ['redis://a/x', 'database'],
  ['redis://a/-1', 'database'],
  ['redis://a?name=portcullis', 'parameters'],
  ['redis://user@a', 'without a password'],
  ['redis://user:%zz@a', 'percent-encoded'],
  ['redis+sentinel://a:1/0', 'name'],
  ['redis+sentinel://a:1,/0?name=portcullis', 'host'],
  ['redis+sentinel://a:1?name=port%20cullis', 'name'],
  ['redis+sentinel://a:1?name=a&name=b', 'name'],
  ['redis+sentinel://a:1?name=a&role=slave', 'nothing else'],
] as const

test.each(BAD)('%j is refused with a TypeError that says why', (text, why) => {
  expect(() => parseRedisAddress(text)).toThrow(TypeError)
  expect(() => parseRedisAddress(text)).toThrow(why)
})

const port = fc.integer({ min: 1, max: 65_535 })
const host = fc.oneof(fc.domain(), fc.ipV4(), fc.ipV6()).map((name) => name.slice(0, 100))
const hosts = fc.array(fc.record({ host, port }), { minLength: 1, maxLength: 5 })
const secret = fc.string({ minLength: 1, unit: 'grapheme' })
const name = fc.stringMatching(/^[A-Za-z0-9._-]{1,100}$/)
const show = (each: { host: string; port: number }) =>
  `${each.host.includes(':') ? `[${each.host}]` : each.host}:${each.port}`

test('whatever is written as an address is read back', () => {
  const db = fc.nat({ max: 15 })
  const property = fc.property(
    hosts,
    secret,
    secret,
    db,
    name,
    (sentinels, user, password, ...rest) => {
      const [database, primaryName] = rest
      const who = `${encodeURIComponent(user)}:${encodeURIComponent(password)}`
      const end = `/${database}?name=${primaryName}`
      const text = `redis+sentinel://${who}@${sentinels.map(show).join(',')}${end}`
      const credentials = { user, password, db: database, isEncrypted: false }
      expect(parseRedisAddress(text)).toEqual({
        kind: 'sentinel',
        ...credentials,
        sentinels,
        primaryName,
      })
    },
  )
  fc.assert(property)
})

test('any other text is a TypeError and nothing else, and the message tells no password', () => {
  const password = 'KN0WNSECRET'
  const part = fc.oneof(fc.string(), fc.constantFrom('@', ':', '/', '?', ',', '%', '[', ']', 'a'))
  const rest = fc.array(part, { maxLength: 8 }).map((parts) => parts.join(''))
  const scheme = fc.constantFrom('redis://', 'rediss://', 'redis+sentinel://', '')
  const property = fc.property(scheme, rest, rest, (start, before, after) => {
    try {
      parseRedisAddress(`${start}${before}:${password}${after}`)
    } catch (error) {
      expect(error).toBeInstanceOf(TypeError)
      expect(String(error)).not.toContain(password)
    }
  })
  fc.assert(property, { numRuns: 2_000 })
})
