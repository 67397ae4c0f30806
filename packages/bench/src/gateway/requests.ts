import type { RequestKind } from '../peers/load.ts'

const ONE = ['orders.get']
const FIVE = ['orders.get', 'orders.get', 'orders.get', 'orders.get', 'orders.get']
const OVER_THREE = ['orders.get', 'accounts.get', 'billing.get', 'orders.get', 'accounts.get']
const JSONL = { 'trpc-accept': 'application/jsonl' }

export const REQUESTS = {
  single: { name: 'single query', path: single(ONE), headers: {} },
  batch: { name: 'batch of 5, one service', path: batch(FIVE), headers: {} },
  batchOverThree: { name: 'batch of 5, three services', path: batch(OVER_THREE), headers: {} },
  jsonl: { name: 'streamed batch of 5, one service', path: batch(FIVE), headers: JSONL },
  jsonlOverThree: {
    name: 'streamed batch of 5, three services',
    path: batch(OVER_THREE),
    headers: JSONL,
  },
} as const satisfies Record<string, RequestKind>
export type RequestName = keyof typeof REQUESTS
export const REQUEST_NAMES = Object.keys(REQUESTS) as RequestName[]

function single([path = '']: readonly string[]): string {
  return `/${path}?input=${encodeURIComponent('{"id":0}')}`
}

function batch(paths: readonly string[]): string {
  const inputs = Object.fromEntries(paths.map((_, id) => [id, { id }]))
  return `/${paths.join(',')}?batch=1&input=${encodeURIComponent(JSON.stringify(inputs))}`
}
