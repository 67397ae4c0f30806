import { type Jwks, jwksSchema } from '@portcullis/context'
import { defineConfig, env } from '@portcullis/gateway/config'
import { variables } from '@portcullis/runtime'
import { z } from 'zod'
import type { Services } from './src/app-router.ts'

/** Read at the start, at SIGHUP, and when it changes while developing. */
export default defineConfig<keyof Services>({
  /** Own origin as browsers see it. */
  publicUrl: env('PUBLIC_URL'),
  /** Other origins whose pages may call, comma separated. */
  allowedOrigins: env('ALLOWED_ORIGINS', z.string().default('').transform(toList)),
  /** Proxies in front: how many, or their addresses and networks, comma separated. */
  trustedProxies: env('TRUSTED_PROXIES', z.string().default('').transform(toProxies)),
  services: {
    accounts: { url: env('ACCOUNTS_URL'), readyPath: '/readyz' },
    // One or several, comma separated.
    orders: { url: env('ORDERS_URL', z.string().transform(toList)), readyPath: '/readyz' },
    // The worker's; without a worker its calls fail, and nothing else does.
    operations: {
      url: env('OPERATIONS_URL', z.string().default('http://127.0.0.1:4005')),
      readyPath: '/readyz',
    },
  },
  /** Services that reach the log through this gateway; the worker alone may have sessions ended. */
  relay: env(
    'PORTCULLIS_TRUST',
    variables.json(z.record(z.string(), jwksSchema)).default({}).transform(toRelay),
  ),
})

function toProxies(text: string): number | string[] {
  return /^\d+$/.test(text) ? Number(text) : toList(text)
}

function toRelay(trust: Record<string, Jwks>) {
  return { trust, mayRevoke: Object.hasOwn(trust, 'worker') ? ['worker'] : [] }
}

function toList(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
}
