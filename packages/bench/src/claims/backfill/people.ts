import { Client } from 'pg'

/** The people in the database of accounts. */
export interface People extends AsyncDisposable {
  /** Adds those with these numbers, as they were before the newest claim was declared. */
  add(range: { from: number; to: number }): Promise<void>
  /** How many of the first `count` have been filled: their version rose once; and how many have another than that. */
  versions(count: number): Promise<{ raisedOnce: number; otherwise: number }>
}

export const subjectOf = (number: number) => `usr_p${number}` as const

export async function openPeople(databaseUrl: string): Promise<People> {
  const client = new Client({ connectionString: databaseUrl })
  await client.connect()
  return {
    async add({ from, to }) {
      await client.query(
        `insert into accounts.users (id, email, name, installation_roles)
         select 'usr_p' || n, 'p' || n || '@example.com', 'P', '{}' from generate_series($1::int, $2::int) n`,
        [from, to],
      )
      await client.query('analyze accounts.users')
    },
    async versions(count) {
      const { rows } = await client.query<{ version: number; people: number }>(
        `select claims_version::int as version, count(*)::int as people from accounts.users
         where id ~ '^usr_p[0-9]+$' group by 1`,
      )
      const raisedOnce = rows.find(({ version }) => version === 2)?.people ?? 0
      return { raisedOnce, otherwise: count - raisedOnce }
    },
    [Symbol.asyncDispose]: () => client.end(),
  }
}
