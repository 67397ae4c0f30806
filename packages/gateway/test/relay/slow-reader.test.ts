import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { ASSERTION_HEADER, createId } from '@portcullis/context'
import { relayPath } from '@portcullis/revocation'
import { eventually } from '@portcullis/testing'
import { expect, test } from 'vitest'
import { startRelayed } from './harness.ts'

const MESSAGE = 'x'.repeat(50_000)
/** Together more than the buffers of a connection take. */
const MESSAGES = 400
const ALL_BYTES = MESSAGE.length * MESSAGES

test('the stream of a reader that is too slow is ended, and that of no other', async () => {
  await using relayed = await startRelayed()
  await using first = await relayed.startGateway()
  const assertion = await relayed.signer('orders').sign({ audience: 'gateway' })
  const slow = await openHints(first.url, assertion)
  const prompt = await openHints(first.url, assertion)
  const heard = countBytes(prompt)
  await eventually(() => expect(heard()).toBeGreaterThan(0))
  for (let i = 0; i < MESSAGES; i += 1) {
    await relayed.admin.publish(relayed.keyspace.hints, MESSAGE)
  }
  await eventually(() => expect(heard()).toBeGreaterThan(ALL_BYTES))
  const closed = new Promise((resolve) => slow.on('close', resolve))
  const heardLate = countBytes(slow)
  await closed
  expect(heardLate()).toBeLessThan(ALL_BYTES)
  expect(prompt.closed).toBe(false)
  prompt.destroy()
})

function countBytes(response: IncomingMessage): () => number {
  let bytes = 0
  response.on('data', (chunk: Buffer) => {
    bytes += chunk.length
  })
  return () => bytes
}

async function openHints(gatewayUrl: string, assertion: string): Promise<IncomingMessage> {
  const headers = { 'content-type': 'application/json', [ASSERTION_HEADER]: assertion }
  const asked = request(`${gatewayUrl}${relayPath('hints')}`, { method: 'POST', headers })
  asked.end(JSON.stringify({ instance: createId('ins') }))
  const [response] = (await once(asked, 'response')) as [IncomingMessage]
  response.on('error', () => undefined)
  return response
}
