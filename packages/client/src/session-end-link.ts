import type { TRPCLink } from '@trpc/client'
import type { AnyTRPCRouter } from '@trpc/server'
import { observable } from '@trpc/server/observable'
import { createObservedSession } from './observed-session.ts'

export interface SessionEndOptions {
  /**
   * Called once when the session that this client had is found ended: a call or a subscription is answered
   * UNAUTHORIZED, or `session.me` says nobody. Not for a failed sign-in or a sign-out of one's own; again only after
   * another sign-in.
   */
  onSessionEnded?: () => void
  /**
   * Whether there is a session already, as in a page rendered for a person who is signed in. Default false: the client
   * learns it from `session.signIn`, or from any other `session.*` procedure that answers with a value.
   */
  signedIn?: boolean
}

/** Calls `onSessionEnded`. For links of one's own, before those that send: {@link createPortcullisLinks} has it. */
export function createSessionEndLink<Router extends AnyTRPCRouter>(
  options: SessionEndOptions,
): TRPCLink<Router> {
  const session = createObservedSession({
    signedIn: options.signedIn ?? false,
    // Apart from the call it came from: the caller has its error first, and what the listener throws is the listener's.
    onEnded: () => queueMicrotask(() => options.onSessionEnded?.()),
  })
  return () =>
    ({ op, next }) =>
      observable((observer) => {
        const call = session.send(op.path)
        const sent = next(op).subscribe({
          next(value) {
            if ('data' in value.result) call.succeeded(value.result.data)
            observer.next(value)
          },
          error(error) {
            call.failed(error)
            observer.error(error)
          },
          complete: () => observer.complete(),
        })
        return () => {
          sent.unsubscribe()
          call.over()
        }
      })
}
