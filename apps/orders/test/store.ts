import { startPostgres } from '@portcullis/testing'
import { openDatabase } from '../src/database/database.ts'
import { migrate } from '../src/database/migrate.ts'
import { createOrderStore } from '../src/order-store.ts'

/** A database of its own, with as many connections to it as instances of orders would have. */
export async function startStores(instances: number) {
  const postgres = await startPostgres()
  const databases = Array.from({ length: instances }, () =>
    openDatabase({ url: postgres.url, onError: () => {} }),
  )
  await Promise.all(databases.map(migrate))
  return {
    stores: databases.map(createOrderStore),
    async [Symbol.asyncDispose]() {
      await Promise.all(databases.map((database) => database.$client.end()))
      await postgres[Symbol.asyncDispose]()
    },
  }
}
