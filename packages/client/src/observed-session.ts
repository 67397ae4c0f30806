import { TRPCClientError } from '@trpc/client'

export interface ObservedCall {
  succeeded(data: unknown): void
  failed(error: unknown): void
}

/**
 * What a client can know of a session whose cookie it cannot read. That there is one: a sign-in succeeded, or another of
 * the gateway's own procedures answered with a value. That there is none: a sign-out, or UNAUTHORIZED.
 */
export function createObservedSession(options: { signedIn: boolean; onEnded: () => void }) {
  let { signedIn } = options
  let signOuts = 0
  // Rises with each beginning and end: an answer to a call sent before says nothing about the session of now.
  let generation = 0

  const become = (state: boolean) => {
    signedIn = state
    generation += 1
  }

  const signIn = (): ObservedCall => ({ succeeded: () => become(true), failed: () => {} })

  const signOut = (): ObservedCall => {
    signOuts += 1
    return {
      succeeded() {
        signOuts -= 1
        become(false)
      },
      failed(error) {
        signOuts -= 1
        if (isUnauthorized(error)) become(false)
      },
    }
  }

  const call = (path: string): ObservedCall => {
    const sentIn = generation
    return {
      succeeded(data) {
        const telling = path.startsWith('session.') && data !== null && data !== undefined
        if (telling && sentIn === generation) signedIn = true
      },
      failed(error) {
        if (!isUnauthorized(error) || !signedIn || signOuts > 0 || sentIn !== generation) return
        become(false)
        options.onEnded()
      },
    }
  }

  return {
    /** As a call goes out. */
    send(path: string): ObservedCall {
      if (path === 'session.signIn') return signIn()
      if (path === 'session.signOut') return signOut()
      return call(path)
    },
  }
}

function isUnauthorized(error: unknown): boolean {
  return error instanceof TRPCClientError && error.data?.code === 'UNAUTHORIZED'
}
