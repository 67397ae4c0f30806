import { buildConnector } from 'undici'

/** What kept a connection from being made. Nothing of the request can have been sent then. */
const failures = new WeakSet<Error>()

/** @param address Connected to instead of what the URL's host name means at the moment. */
export function createConnector(
  timeoutMs: number,
  address: string | undefined,
): buildConnector.connector {
  const connect = buildConnector({ timeout: timeoutMs, allowH2: false })
  return (options, callback) =>
    connect(address === undefined ? options : { ...options, hostname: address }, (...outcome) => {
      const [error] = outcome
      if (error !== null) failures.add(error)
      callback(...outcome)
    })
}

/** Whether a request failed because no connection could be made, so that nobody has seen any of it. */
export function wasNothingSent(error: Error): boolean {
  return failures.has(error)
}
