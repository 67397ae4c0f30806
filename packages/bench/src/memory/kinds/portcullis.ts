import { randomBytes } from 'node:crypto'
import { createId } from '@portcullis/context'
import { declareNewInstallation } from '@portcullis/revocation'
import { claimsOf, openStore, startSession } from '../../population/people.ts'
import type { Kind } from './keeping.ts'

export const portcullis: Kind = {
  name: 'Portcullis',
  note: 'Portcullis: started by the store that the gateway uses. Subject, organization, both ends, when it was started and last seen, methods, assurance, kind of device, places in the log; a subject’s sessions are found, and ended, by the subject.',

  async open(redisUrl, people) {
    await declareNewInstallation({ redisUrl })
    const store = await openStore(redisUrl, randomBytes(32).toString('base64url'))
    const subjects = Array.from({ length: people }, () => createId('usr'))
    const subjectOf = (person: number) => subjects[person] ?? createId('usr')
    // Its place in the log is everybody's: nothing is said in it while sessions are started.
    const { token } = await startSession(store, createId('usr'))
    const loaded = await store.load(token)
    if (!loaded) throw new Error('a session that was just started is not there')
    return {
      start: (person) => startSession(store, subjectOf(person)),
      cacheClaims: (person) => store.storeClaims(subjectOf(person), claimsOf(1), loaded.point),
      [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
    }
  },
}
