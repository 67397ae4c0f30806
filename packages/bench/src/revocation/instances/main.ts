import { startFollowers } from './followers.ts'
import { type Answer, type Command, callSchema } from './messages.ts'
import type { Receivers } from './receivers.ts'
import { startSubscribers } from './subscribers.ts'

const held: { subscribers?: Receivers; followers?: Receivers } = {}

async function obey(command: Command): Promise<number> {
  switch (command.do) {
    case 'subscribe':
      held.subscribers = await startSubscribers(command)
      return command.count
    case 'follow':
      held.followers = await startFollowers(command)
      return command.count
    case 'last-received':
      return await receiptsOf(command.by).lastReceived(command.id)
    case 'processor-time': {
      const { user, system } = process.cpuUsage()
      return (user + system) / 1_000
    }
    case 'release':
      await Promise.all(
        [held.subscribers, held.followers].map((each) => each?.[Symbol.asyncDispose]()),
      )
      delete held.subscribers
      delete held.followers
      return 0
  }
}

function receiptsOf(kind: 'subscribers' | 'followers') {
  const receivers = held[kind]
  if (!receivers) throw new TypeError(`no ${kind} here`)
  return receivers.receipts
}

async function answer(message: unknown): Promise<void> {
  const { call, command } = callSchema.parse(message)
  const reply: Answer = await obey(command).then(
    (value) => ({ call, value }),
    (error: unknown) => ({ call, failure: String(error) }),
  )
  process.send?.(reply, undefined, undefined, ignoreParentGone)
}

function ignoreParentGone(): void {}

process.on('message', (message) => void answer(message))
process.on('disconnect', () => process.exit())
