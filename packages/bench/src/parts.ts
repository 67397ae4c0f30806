/** In the order in which they run and are shown, each in `src/<part>/main.ts`. */
export const PARTS = [
  'request', // what a request costs the process before a service, beside others
  'service', // what it costs the service to know whom a request is for
  'revocation', // from asking to refused
  'claims', // one role of many members
  'memory', // of a session
  'growth', // with sessions, instances, events
  'batching', // a page of calls
  'gateway', // a request, a batch, a stream
]
