import { type LogEvent, WorkEnded } from '@portcullis/revocation'
import { describe, expect, test } from 'vitest'
import type { Authentication } from '../authenticator.ts'
import { verdictOn } from './stream-verdict.ts'

const lives = async () => ({}) as Authentication
const ended = async () => undefined
const unknown = () => Promise.reject(new Error('Redis is away'))

function because(kind: string, cause = 'test') {
  const position = { epoch: 1, seq: 1 }
  const event: LogEvent = { position, nonce: '', previousNonce: '', kind, cause }
  return new WorkEnded(event)
}

describe('a stream ends', () => {
  test.each([
    ['for good with its session', because('session.revoked'), lives, 'ERR_SESSION_REVOKED'],
    ['for good with its person', because('subject.revoked'), lives, 'ERR_SESSION_REVOKED'],
    ['for now with a secret', because('session.revoked', 'renewed'), ended, 'ERR_STREAM_OUTDATED'],
    ['for now with claims', because('claims.changed'), unknown, 'ERR_STREAM_OUTDATED'],
    ['for now with rules', because('organization.changed'), unknown, 'ERR_STREAM_OUTDATED'],
    ['for now with an organization', because('session.changed'), unknown, 'ERR_STREAM_OUTDATED'],
    ['for good if everyone has', because('everyone.revoked'), ended, 'ERR_SESSION_REVOKED'],
    ['for now if it was spared', because('everyone.revoked'), lives, 'ERR_STREAM_OUTDATED'],
    ['for now while nobody can tell', because('everyone.revoked'), unknown, 'ERR_UNVERIFIABLE'],
    ['for now with a history', new WorkEnded(), lives, 'ERR_STREAM_OUTDATED'],
    [
      'for good with a history that has no such session',
      new WorkEnded(),
      ended,
      'ERR_SESSION_REVOKED',
    ],
    [
      'for what it is in words of a later version',
      because('moon.full'),
      ended,
      'ERR_SESSION_REVOKED',
    ],
  ])('%s', async (_, reason, reauthenticate, code) => {
    expect(await verdictOn(reason, reauthenticate)).toMatchObject({ code })
  })
})
