import type { GatewayLimits } from '../../limits.ts'
import type { Call } from '../../request/call.ts'
import type { Envelope } from '../../respond/envelope.ts'
import { isEventStream } from '../../respond/response-form.ts'
import type { ResponseHeaders } from '../response-headers.ts'
import { createEventFrames } from './event-frames.ts'
import type { Frames } from './frames.ts'
import { createLineFrames } from './line-frames.ts'

/** How the answer to a call is taken apart; undefined if it is compressed, or no stream after all. */
export function createFramesOf(
  { form, target, id }: Pick<Call, 'form' | 'target' | 'id'>,
  envelope: Envelope,
  limits: Pick<GatewayLimits, 'streamOpenValues'>,
) {
  const lineFrames = () =>
    createLineFrames({
      envelope,
      calls: target.paths.map((path, id) => ({ id, path })),
      requestId: id,
      maxOpen: limits.streamOpenValues,
    })
  return (status: number, headers: ResponseHeaders): Frames | undefined => {
    if (status !== 200 || headers['content-encoding'] !== undefined) return undefined
    if (form === 'jsonl') return lineFrames()
    const isStream = isEventStream(String(headers['content-type'] ?? ''))
    return isStream ? createEventFrames(envelope, target.paths[0], id) : undefined
  }
}
