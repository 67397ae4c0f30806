import { TRPCClientError } from '@trpc/client'

export interface ObservedCall {
  succeeded(data: unknown): void
  failed(error: unknown): void
  /** Nobody waits for it any more, whether or not there was an answer. */
  over(): void
}

/** What gives the session another cookie. */
const RENEWING: ReadonlySet<string> = new Set(['session.reauthenticate', 'session.changePassword'])

/**
 * What a client can know of a session whose cookie it cannot read. That there is one: a sign-in succeeded, or another of
 * the gateway's own procedures answered with a value. That there is none: a sign-out, UNAUTHORIZED, or nobody as the
 * answer of `session.me`.
 */
export function createObservedSession(options: { signedIn: boolean; onEnded: () => void }) {
  let { signedIn } = options
  const signOuts = new Set<object>()
  // Rises with each beginning and end: an answer to a call sent before says nothing about the session of now.
  let generation = 0

  const become = (state: boolean) => {
    signedIn = state
    generation += 1
  }

  const signIn = (): ObservedCall => ({
    succeeded: () => become(true),
    failed: () => {},
    over: () => {},
  })

  const signOut = (): ObservedCall => {
    const sign = {}
    signOuts.add(sign)
    return {
      succeeded: () => become(false),
      failed(error) {
        if (isUnauthorized(error)) become(false)
      },
      over: () => signOuts.delete(sign),
    }
  }

  const call = (path: string): ObservedCall => {
    const sentIn = generation
    const found = () => {
      if (sentIn === generation) signedIn = true
    }
    const foundEnded = () => {
      if (!signedIn || signOuts.size > 0 || sentIn !== generation) return
      become(false)
      options.onEnded()
    }
    return {
      succeeded(data) {
        if (!path.startsWith('session.')) return
        if (data !== null && data !== undefined) found()
        else if (path === 'session.me') foundEnded()
      },
      failed(error) {
        if (isUnauthorized(error)) foundEnded()
      },
      over: () => {},
    }
  }

  /** From then on answers to what was sent with the cookie before are late. */
  const renewal = (path: string): ObservedCall => ({
    ...call(path),
    succeeded: () => become(true),
  })

  return {
    /** As a call goes out. */
    send(path: string): ObservedCall {
      if (path === 'session.signIn') return signIn()
      if (RENEWING.has(path)) return renewal(path)
      if (path === 'session.signOut') return signOut()
      return call(path)
    },
  }
}

function isUnauthorized(error: unknown): boolean {
  return error instanceof TRPCClientError && error.data?.code === 'UNAUTHORIZED'
}
