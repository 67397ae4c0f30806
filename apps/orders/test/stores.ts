import { startPostgres } from '@portcullis/testing'
import { openDatabase } from '../src/database/database.ts'
import { migrate } from '../src/database/migrate.ts'
import { createOrderStore, type OrderStore } from '../src/order-store.ts'

export interface Stores extends AsyncDisposable {
  readonly stores: OrderStore[]
}

/** One database, with as many pools as instances of orders would have, all migrating it at once. */
export async function startStores(instances: number): Promise<Stores> {
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
