import type { SessionId } from '@portcullis/context'
import type { SessionStore } from '@portcullis/sessions'
import { countCommands } from '@portcullis/testing'

/** Name of the store that members are signed in by. */
export const LOGIN = 'login'

/**
 * By what the server knows the script that notes that sessions are used. Gateways send it once a minute for each session
 * that is used, a hundred in one, whether anything has changed or not.
 *
 * @param store Opened as `LOGIN`.
 */
export async function touchDigestOf(
  redisUrl: string,
  store: SessionStore,
  [id]: readonly SessionId[],
): Promise<string> {
  if (!id) throw new TypeError('nobody is signed in')
  await using count = await countCommands(redisUrl)
  await store.touch([{ id, ageMs: 0 }])
  const sent = (await count.commands()).find(
    ({ connection, command }) => connection === `${LOGIN}:commands` && command === 'evalsha',
  )
  const [digest] = sent?.args ?? []
  if (digest === undefined) throw new Error('the use of a session was not noted')
  return digest
}
