import type { PGlite } from '@electric-sql/pglite'

/** Parse, Bind, Describe, Execute, Close, Flush: what comes before the Sync that ends a batch. */
const WITHIN_A_BATCH = new Set([...'PBDECH'].map((letter) => letter.charCodeAt(0)))

/**
 * For the `db` of `PGLiteSocketServer`. The server lets connections take turns message by message and stays with one
 * only inside a transaction, so it can put one connection's Parse between another's Parse and Bind: wrong rows, or
 * `unnamed prepared statement does not exist` (electric-sql/pglite#1046). Here an open batch counts as a transaction.
 */
export function keepBatchesWhole(db: PGlite): PGlite {
  let open = false
  const isInTransaction: PGlite['isInTransaction'] = () => open || db.isInTransaction()
  const execProtocolRawStream: PGlite['execProtocolRawStream'] = (message, options) => {
    open = WITHIN_A_BATCH.has(message[0] ?? 0)
    return db.execProtocolRawStream(message, options)
  }
  const exec: PGlite['exec'] = (...args) => {
    open = false
    return db.exec(...args)
  }
  const replaced = { isInTransaction, execProtocolRawStream, exec }
  return new Proxy(db, {
    get(target, key) {
      if (key in replaced) return replaced[key as keyof typeof replaced]
      const value = Reflect.get(target, key)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}
