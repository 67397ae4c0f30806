import {
  formatPosition,
  type InstanceId,
  instanceIdSchema,
  type Position,
  parsePosition,
} from '@portcullis/context'

/** Tells originators up to where this instance has applied the log, as soon as it has. */
export interface Acknowledgements {
  /** After the event was applied and everything it ends was told to stop. */
  add(originator: InstanceId): void
}

export interface AcknowledgementsOptions {
  readonly position: () => Position
  readonly send: (originators: readonly InstanceId[], position: Position) => Promise<void>
}

/**
 * Acknowledgements of hints that arrive together go out as one. One that is lost shows in the next fence's record.
 */
export function createAcknowledgements(options: AcknowledgementsOptions): Acknowledgements {
  const { position } = options
  const waiting = new Set<InstanceId>()

  function send() {
    options.send([...waiting], position()).catch(leaveToNextFence)
    waiting.clear()
  }

  return {
    add(originator) {
      if (waiting.size === 0) queueMicrotask(send)
      waiting.add(originator)
    },
  }
}

function leaveToNextFence(): void {}

export function formatAcknowledgement(instance: InstanceId, position: Position): string {
  return `${instance} ${formatPosition(position)}`
}

/** What one acknowledgement says; null if it cannot be read. */
export function parseAcknowledgement(
  message: string,
): { readonly instance: InstanceId; readonly position: Position } | null {
  const [id, place = ''] = message.split(' ', 2)
  const instance = instanceIdSchema.safeParse(id)
  const position = parsePosition(place)
  return instance.success && position ? { instance: instance.data, position } : null
}
