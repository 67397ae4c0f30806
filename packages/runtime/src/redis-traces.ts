import { tracingChannel } from 'node:diagnostics_channel'
import {
  context,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api'

/** What ioredis says of a command. Its arguments are not looked at: they are keys and values. */
interface CommandMessage {
  readonly command?: unknown
  readonly database?: unknown
  readonly error?: unknown
}

/**
 * A span for each Redis command that is sent on behalf of a request; fences and other commands of nobody's have none.
 *
 * @returns what ends it.
 */
export function traceRedis(tracer: Tracer): () => void {
  const channel = tracingChannel<CommandMessage, CommandMessage>('ioredis:command')
  const spans = new WeakMap<object, Span>()
  const end = (message: CommandMessage) => {
    spans.get(message)?.end()
    spans.delete(message)
  }
  const listener = {
    start(message: CommandMessage) {
      if (trace.getSpan(context.active()) === undefined) return
      const name = typeof message.command === 'string' ? message.command.toUpperCase() : 'command'
      const attributes = { 'db.system.name': 'redis', 'db.operation.name': name }
      spans.set(message, tracer.startSpan(name, { kind: SpanKind.CLIENT, attributes }))
    },
    end() {},
    asyncStart() {},
    asyncEnd: end,
    error(message: CommandMessage) {
      spans.get(message)?.setStatus({ code: SpanStatusCode.ERROR })
    },
  }
  channel.subscribe(listener)
  return () => channel.unsubscribe(listener)
}
