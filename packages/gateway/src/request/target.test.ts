import { initTRPC } from '@trpc/server'
import { getRequestInfo } from '@trpc/server/unstable-core-do-not-import'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { GatewayError } from '../errors.ts'
import { buildTarget, type PathSeparator, parseTarget, type Target } from './target.ts'

const LIMITS = { urlBytes: 4096, batchSize: 50 }
const router = initTRPC.create().router({})

/** tRPC's own reading of a target, the way its standalone adapter prepares it. */
async function trpcPaths(target: string): Promise<{ paths: string[]; isBatch: boolean }> {
  const url = new URL(target, 'http://service')
  const info = await getRequestInfo({
    path: decodeURIComponent(url.pathname.replace(/^\//, '').replace(/\/$/, '')),
    req: new Request(url),
    url,
    searchParams: url.searchParams,
    headers: new Headers(),
    router,
  })
  return { paths: info.calls.map((call) => call.path), isBatch: info.isBatchCall }
}

function tryParse(url: string): Target | undefined {
  try {
    return parseTarget(url, LIMITS)
  } catch (error) {
    if (error instanceof GatewayError) return undefined
    throw error
  }
}

const name = fc.stringMatching(/^[A-Za-z_$][\w$~-]{0,8}$/)
const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => names.join('.'))
const oddPiece = fc.constantFrom(
  ...['%2C', '%2c', '%2e', '..', '.', '/', '//', '\\', ',', '?', '&', '=', '#', '%', '+', ' ', ';'],
  ...[
    'batch=1',
    'b%61tch=1',
    'batch=%31',
    'batch=0',
    'input=',
    'input=%7B%7D',
    'orders.list',
    'a.b',
  ],
  ...['http://evil', '@', ':', '\t', '\u00e9', '%00', '%ff', '[', '|', '"', '<'],
)

describe('parseTarget', () => {
  test('whatever parses is rebuilt to a target that tRPC reads as the same calls', async () => {
    const oddTarget = fc
      .array(fc.oneof(oddPiece, name, fc.string({ maxLength: 3, unit: 'binary' })), {
        maxLength: 12,
      })
      .map((pieces) => `/${pieces.join('')}`)
    await fc.assert(
      fc.asyncProperty(oddTarget, async (url) => {
        const target = tryParse(url)
        if (target === undefined) return
        const seen = await trpcPaths(buildTarget(target))
        expect(seen).toEqual({ paths: target.paths, isBatch: target.isBatch })
      }),
      { numRuns: 5_000 },
    )
  })

  test('what tRPC reads in the target that came is what the gateway reads', async () => {
    const calls = fc.record({
      paths: fc.array(path, { minLength: 1, maxLength: 5 }),
      input: fc.option(fc.jsonValue(), { nil: undefined }),
    })
    await fc.assert(
      fc.asyncProperty(calls, async ({ paths, input }) => {
        const query =
          input === undefined ? '' : `&input=${encodeURIComponent(JSON.stringify(input))}`
        const url = `/${paths.join(',')}?batch=1${query}`
        fc.pre(url.length <= LIMITS.urlBytes)
        const target = parseTarget(url, LIMITS)
        expect(target.paths).toEqual(paths)
        expect(buildTarget(target)).toBe(url)
        expect(await trpcPaths(url)).toEqual({ paths, isBatch: true })
      }),
      { numRuns: 500 },
    )
  })

  test.each([
    '/pub.a%2Cpriv.b?batch=1',
    '/pub.a/../priv.b',
    '/pub.a/%2e%2e/priv.b',
    '/\\priv.b',
    '//evil/trpc/priv.b',
    '/xxxx/priv.b',
    '/a.b?b%61tch=1',
    '/a.b?batch=0&batch=1',
    '/a.b?batch=0',
    '/a.b?batch=%31',
    '/a.b?batch',
    '/a.b,c.d',
    '/a..b',
    '/.a',
    '/a.b,,c.d?batch=1',
    '/',
    '',
    '*',
    'http://evil/a.b',
    '/a.b#x',
    '/a.b?input=1&input=2',
    '/a.b?input=%',
    '/a.b?&',
    '/a.b?x[y]=1',
  ])('refuses %s', (url) => {
    expect(() => parseTarget(url, LIMITS)).toThrow(
      expect.objectContaining({ code: 'ERR_TARGET_INVALID' }),
    )
  })

  test('refuses a batch of more calls and a longer URL than allowed', () => {
    const many = `/${Array(51).fill('a.b').join(',')}?batch=1`
    expect(() => parseTarget(many, LIMITS)).toThrow(
      expect.objectContaining({ code: 'ERR_BATCH_TOO_LARGE' }),
    )
    expect(() => parseTarget(`/a.b?input=${'x'.repeat(5000)}`, LIMITS)).toThrow(
      expect.objectContaining({ code: 'ERR_TARGET_TOO_LONG' }),
    )
  })

  test('keeps other query parameters as they came', () => {
    const url = '/a.b?tenant=x%20y&connectionParams=%7B%7D&batch=1&input=%7B%7D'
    expect(buildTarget(parseTarget(url, LIMITS))).toBe(url)
  })

  test('below a base path nothing else is a call', () => {
    const form = { basePath: '/api/trpc', pathSeparator: '.' } as const
    const pathsOf = (url: string) => parseTarget(url, LIMITS, form).paths
    expect(pathsOf('/api/trpc/a.b')).toEqual(['a.b'])
    const others = ['/a.b', '/api/trpc', '/api/trpca.b', '/api/trpc//a.b', '/api/trpd/a.b', 'api/']
    for (const url of others) expect(() => pathsOf(url)).toThrow(GatewayError)
  })

  test('with another separator, what tRPC reads is what the gateway reads', async () => {
    const separators = fc.constantFrom<PathSeparator>('_', '~', '-')
    const part = fc.stringMatching(/^[a-z]{1,4}$/)
    const segments = fc.array(part, { minLength: 1, maxLength: 4 })
    await fc.assert(
      fc.asyncProperty(separators, segments, async (pathSeparator, names) => {
        const form = { basePath: '', pathSeparator }
        const url = `/${names.join(pathSeparator)}`
        const target = parseTarget(url, LIMITS, form)
        expect(target.paths).toEqual([names.join('.')])
        expect((await trpcPaths(buildTarget(target))).paths).toEqual(target.paths)
        expect(() => parseTarget(`${url}${pathSeparator}`, LIMITS, form)).toThrow(GatewayError)
      }),
    )
  })
})
