import type { RequestKind } from '../peers/load.ts'

/** The one query that everybody sends; its answer has 200 bytes. */
export const QUERY: RequestKind = {
  name: 'query',
  path: `/orders.get?input=${encodeURIComponent('{"id":0}')}`,
  headers: {},
}
