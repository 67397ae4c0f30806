import { Pool } from 'undici'
import { inTurns } from './in-turns.ts'

export interface VisitsOptions {
  readonly url: string
  readonly path: string
  /** One request with each of them, in this order. */
  readonly cookies: readonly string[]
  /** Requests under way at once. */
  readonly concurrency: number
}

/**
 * @returns milliseconds that each request took.
 * @throws {Error} when one is not answered with 200.
 */
export async function visit(options: VisitsOptions): Promise<number[]> {
  const { url, path, cookies, concurrency } = options
  const pool = new Pool(url, { connections: concurrency })
  const latencies: number[] = []
  try {
    await inTurns(cookies.length, concurrency, async (n) => {
      const headers = { cookie: cookies[n] as string }
      const from = performance.now()
      const { statusCode, body } = await pool.request({ method: 'GET', path, headers })
      await body.dump()
      latencies.push(performance.now() - from)
      if (statusCode !== 200) throw new Error(`${path} was answered with ${statusCode}`)
    })
  } finally {
    await pool.close()
  }
  return latencies
}
