/** Somewhere that sessions are kept in Redis. */
export interface Keeping extends AsyncDisposable {
  /** Starts a session of the person with this number, from 0 on; the first time it is the person's only one. */
  start(person: number): Promise<unknown>
  /** Caches what the person may do, where that is kept apart from the session. */
  cacheClaims?(person: number): Promise<unknown>
}

export interface Kind {
  readonly name: string
  /** How a session comes about, and what is in it. */
  readonly note: string
  /** Opens it on an empty server, with room for so many people. */
  open(redisUrl: string, people: number): Promise<Keeping>
}
