import { expect, it } from 'vitest'
import { receiversSchema } from '../src/delivery/receiver.ts'
import { createTransmitter, type Outcome } from '../src/delivery/transmit.ts'
import { startReceiver } from './receiver-server.ts'

const never = new AbortController().signal
const message = { headers: { 'content-type': 'application/secevent+jwt' }, body: 'a.b.c' }
const secret = `whsec_${Buffer.alloc(32).toString('base64')}`

/** What becomes of a message at a receiver that answers so. */
async function sendTo(
  answer: Parameters<typeof startReceiver>[0],
  more: object = { kind: 'set', audience: 'x' },
): Promise<Outcome & { requests: number }> {
  await using server = await startReceiver(answer)
  const [receiver] = receiversSchema.parse([
    { name: 'partner', url: server.url, timeoutMs: 300, ...more },
  ])
  if (!receiver) throw new Error('there is no receiver')
  await using transmitter = createTransmitter(receiver)
  return { ...(await transmitter.send(message, never)), requests: server.requests }
}

const answering = (status: number, body?: string) => async () => ({ status, ...(body && { body }) })

it.each([200, 202, 204])('%i is delivered', async (status) => {
  expect(await sendTo(answering(status))).toMatchObject({ kind: 'delivered' })
})

it.each([401, 403, 404, 410, 413, 429, 500, 503])(
  '%i may be taken another time',
  async (status) => {
    expect(await sendTo(answering(status))).toMatchObject({
      kind: 'failed',
      detail: String(status),
    })
  },
)

it('a redirect leads nowhere', async () => {
  const moved = async () => ({ status: 307, headers: { location: '/elsewhere' } })
  expect(await sendTo(moved)).toEqual({ kind: 'failed', detail: '307', requests: 1 })
})

it('400 is for good if the receiver says what is wrong with the token, and it is not about how the two know each other', async () => {
  const saying = (err: string) => sendTo(answering(400, JSON.stringify({ err, description: 'no' })))
  expect(await saying('invalid_request')).toMatchObject({
    kind: 'refused',
    detail: '400 invalid_request',
  })
  expect(await saying('invalid_key')).toMatchObject({ kind: 'failed' })
  expect(await saying('authentication_failed')).toMatchObject({ kind: 'failed' })
  expect(await sendTo(answering(400, '<html>'))).toMatchObject({ kind: 'failed' })
  const webhook = { kind: 'webhook', secrets: [secret] }
  expect(await sendTo(answering(400), webhook)).toMatchObject({ kind: 'refused' })
})

it('an answer that does not come, or never ends, takes no longer than an attempt may', async () => {
  expect(await sendTo(async () => null)).toMatchObject({ kind: 'failed' })
  const endless = answering(500, 'x'.repeat(1_000_000))
  expect(await sendTo(endless)).toMatchObject({ kind: 'failed', detail: '500' })
})

it('nobody there is a failure with the code of the network', async () => {
  const [receiver] = receiversSchema.parse([
    { kind: 'set', name: 'gone', audience: 'x', url: 'http://127.0.0.1:9/events' },
  ])
  if (!receiver) throw new Error('there is no receiver')
  await using transmitter = createTransmitter(receiver)
  expect(await transmitter.send(message, never)).toEqual({ kind: 'failed', detail: 'ECONNREFUSED' })
})
