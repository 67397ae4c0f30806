import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { TestingError } from '../errors.ts'

// Below the ranges that Linux and macOS take outgoing ports from: none of those can slip in before the caller binds.
const FIRST_PORT = 15_000
const LAST_PORT = 32_000
const ATTEMPTS = 50

/**
 * A port of 127.0.0.1 on which nothing listens, picked at random so that processes that search at the same time seldom
 * meet. The caller binds it at once, and asks again if somebody was faster.
 *
 * @throws {TestingError} `ERR_NO_FREE_PORT`
 */
export async function findFreePort(): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const port = randomInt(FIRST_PORT, LAST_PORT)
    if (await isPortFree(port)) return port
  }
  throw new TestingError('ERR_NO_FREE_PORT', `no free port in ${ATTEMPTS} tries`)
}

/** True if nothing listens on that port of 127.0.0.1 now. */
export async function isPortFree(port: number): Promise<boolean> {
  const server = createServer().listen({ port, host: '127.0.0.1', exclusive: true })
  try {
    await once(server, 'listening')
    return true
  } catch {
    return false
  } finally {
    server.close()
  }
}
