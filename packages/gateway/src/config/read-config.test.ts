import { expect, test } from 'vitest'
import { z } from 'zod'
import { ConfigError } from './config-error.ts'
import { defineConfig } from './define-config.ts'
import { readConfig } from './read-config.ts'
import { env } from './variable.ts'

function mistakesIn(config: unknown, environment: NodeJS.ProcessEnv = {}): readonly string[] {
  try {
    readConfig(config, environment)
  } catch (error) {
    if (error instanceof ConfigError) return error.mistakes
    throw error
  }
  return []
}

const publicUrl = 'https://app.example.com'

test('values stand where the file says, some of them from the environment', () => {
  const config = defineConfig({
    publicUrl: env('PUBLIC_URL'),
    services: {
      orders: { url: env('ORDERS_URL'), limits: { bodyBytes: env('UPLOAD', z.coerce.number()) } },
      billing: 'http://billing:4003',
    },
    allowedOrigins: [env('ADMIN_ORIGIN', z.string().default('https://admin.example.com'))],
    limits: { batchSize: 20 },
  })
  const environment = { PUBLIC_URL: publicUrl, ORDERS_URL: 'http://orders', UPLOAD: '5000000' }
  expect(readConfig(config, environment)).toEqual({
    publicUrl,
    services: {
      orders: { url: 'http://orders', limits: { bodyBytes: 5_000_000 } },
      billing: 'http://billing:4003',
    },
    allowedOrigins: ['https://admin.example.com'],
    limits: { batchSize: 20 },
  })
})

test('every mistake is a line of its own that names its path, and the variable it came from', () => {
  const config = {
    publicUrl: env('PUBLIC_URL'),
    services: {
      orders: { url: env('ORDERS_URL'), limits: { bodyBytes: -1 }, speed: 1 },
      billing: 'ftp://billing',
      shop: { url: env('SHOP_URL') },
      session: 'http://elsewhere',
      'no name': 'http://elsewhere',
    },
    allowedOrigins: ['https://a.example.com', 'https://b.example.com/path'],
    trustedProxies: ['10.0.0.0/99'],
    limits: { batchSize: 'many', bodybytes: 1 },
    sameSite: env('SAME_SITE', z.enum(['strict', 'lax'])),
    limit: {},
  }
  const environment = { ORDERS_URL: 'orders', SAME_SITE: 'loose', SHOP_URL: '' }
  const mistakes = mistakesIn(config, environment)
  expect(mistakes.map((line) => line.split(':')[0]).sort()).toEqual([
    'allowedOrigins.1',
    'limit',
    'limits.batchSize',
    'limits.bodybytes',
    'publicUrl',
    'sameSite',
    'services.billing',
    'services.no name',
    'services.orders.limits.bodyBytes',
    'services.orders.speed',
    'services.orders.url',
    'services.session',
    'services.shop.url',
    'trustedProxies',
  ])
  expect(mistakes).toEqual(
    expect.arrayContaining([
      'publicUrl: PUBLIC_URL is required',
      'services.shop.url: SHOP_URL is required',
      'services.orders.url: Invalid URL (ORDERS_URL)',
      'services.session: is the name of procedures of the gateway itself',
      'limit: is not an option',
    ]),
  )
  expect(mistakes.find((line) => line.startsWith('sameSite: SAME_SITE '))).toBeDefined()
})

test('no value of a variable is repeated', () => {
  const config = {
    publicUrl: env('A'),
    services: { orders: env('B') },
    leaseMs: env('C', z.coerce.number()),
  }
  const mistakes = mistakesIn(config, { A: 'hunter2', B: 'hunter2', C: 'hunter2' })
  expect(mistakes).toHaveLength(3)
  expect(mistakes.join()).not.toContain('hunter2')
})

test('what is no configuration, or no data, is a mistake', () => {
  expect(mistakesIn(undefined)).toEqual([expect.stringMatching(/^default export: /)])
  expect(mistakesIn([])).toEqual([expect.stringMatching(/^default export: /)])
  expect(mistakesIn({ publicUrl, services: { orders: () => 'http://orders' } })).toEqual([
    'services.orders: is not data',
  ])
  const endless: Record<string, unknown> = { publicUrl }
  endless['services'] = endless
  expect(mistakesIn(endless).length).toBeGreaterThan(0)
})
