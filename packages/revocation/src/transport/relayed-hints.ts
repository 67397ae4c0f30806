import type { InstanceId } from '@portcullis/context'
import type { Keyspace, Redis } from '@portcullis/redis'
import { HINT_PING_MS, type HintLine } from './wire.ts'

/** Hears one line, with its end. May not throw. */
export type HearLine = (line: string) => void

/** Hands what is published on to those who have no Redis of their own. */
export interface RelayedHints extends Disposable {
  /**
   * Hands on hints and the acknowledgements meant for that instance. The first line, a `gap`, comes once they are subscribed
   * to.
   *
   * @returns what ends it.
   */
  hear(instance: InstanceId, hearer: HearLine): () => void
}

export function createRelayedHints(subscriber: Redis, keyspace: Keyspace): RelayedHints {
  const byChannel = new Map<string, Set<HearLine>>()
  const everyone = new Set<HearLine>()

  function tell(hearers: Iterable<HearLine>, line: HintLine) {
    const text = `${JSON.stringify(line)}\n`
    for (const hear of hearers) hear(text)
  }

  function subscribe(channels: readonly string[], hearers: Iterable<HearLine>) {
    const tellGap = () => tell(hearers, { kind: 'gap' })
    // What fails is tried again at the next connection; until then nobody is told that it can hear anything.
    subscriber.subscribe(keyspace.hints, ...channels).then(tellGap, waitForNextConnection)
  }

  function remove(channel: string, hearer: HearLine) {
    everyone.delete(hearer)
    const hearers = byChannel.get(channel)
    hearers?.delete(hearer)
    if (hearers?.size !== 0) return
    byChannel.delete(channel)
    subscriber.unsubscribe(channel).catch(waitForNextConnection)
  }

  subscriber.on('ready', () => subscribe([...byChannel.keys()], everyone))
  subscriber.on('message', (channel, message: string) => {
    if (channel === keyspace.hints) tell(everyone, { kind: 'hint', message })
    else tell(byChannel.get(channel) ?? [], { kind: 'acknowledgement', message })
  })
  const pings = setInterval(() => tell(everyone, { kind: 'ping' }), HINT_PING_MS).unref()

  return {
    hear(instance, hearer) {
      const channel = keyspace.acknowledgements(instance)
      const hearers = byChannel.get(channel) ?? new Set<HearLine>()
      byChannel.set(channel, hearers.add(hearer))
      everyone.add(hearer)
      if (subscriber.status === 'ready') subscribe([channel], [hearer])
      return () => remove(channel, hearer)
    },
    [Symbol.dispose]: () => clearInterval(pings),
  }
}

function waitForNextConnection(): void {}
