import { expect, test } from 'vitest'
import { createGatewayAcknowledgements } from './gateway-acknowledgements.ts'
import type { GatewayClient } from './gateway-client.ts'

const at = (seq: number) => ({ epoch: 1, seq })

/** A gateway that answers when it is told to. */
function createPausedGateway() {
  const asked: { body: unknown; answer: PromiseWithResolvers<unknown> }[] = []
  const client: Pick<GatewayClient, 'ask'> = {
    async ask(_call, body, schema) {
      const answer = Promise.withResolvers<unknown>()
      asked.push({ body, answer })
      return schema.parse(await answer.promise)
    },
  }
  return { asked, client: client as GatewayClient }
}

const said = (seq: number, ...originators: string[]) => ({
  instance: 'ins_a',
  originators,
  position: at(seq),
})

test('what is acknowledged while a request is under way goes with the next, to the newest position', async () => {
  const { asked, client } = createPausedGateway()
  const acknowledge = createGatewayAcknowledgements(client, 'ins_a')
  const all = acknowledge(['ins_x'], at(1))
  await Promise.all([
    acknowledge(['ins_x'], at(2)),
    acknowledge(['ins_y'], at(3)),
    acknowledge(['ins_x'], at(4)),
  ])
  expect(asked.map(({ body }) => body)).toEqual([said(1, 'ins_x')])
  asked[0]?.answer.resolve({})
  await expect.poll(() => asked.length).toBe(2)
  asked[1]?.answer.resolve({})
  await all
  expect(asked[1]?.body).toEqual(said(4, 'ins_x', 'ins_y'))
})

test('after a failure the next acknowledgement is sent', async () => {
  const { asked, client } = createPausedGateway()
  const acknowledge = createGatewayAcknowledgements(client, 'ins_a')
  const failed = acknowledge(['ins_x'], at(1))
  asked[0]?.answer.reject(new Error('away'))
  await expect(failed).rejects.toThrow('away')
  const next = acknowledge(['ins_y'], at(2))
  asked[1]?.answer.resolve({})
  await next
  expect(asked[1]?.body).toEqual(said(2, 'ins_y'))
})
