import type { Reply } from '../respond/reply.ts'
import { mergedHeaders, mergedStatus } from './merged-headers.ts'
import type { Part } from './part.ts'
import type { PartAnswer } from './part-answer.ts'

export interface AnsweredPart {
  readonly part: Part
  readonly answer: PartAnswer
}

/**
 * One answer from those of the parts: results by position, and a head that is true of all.
 *
 * @param count Calls in the whole batch.
 */
export function mergeAnswers(parts: readonly AnsweredPart[], count: number): Reply {
  const elements = Array<string>(count)
  for (const { part, answer } of parts) {
    part.positions.forEach((position, index) => {
      elements[position] = answer.elements[index] as string
    })
  }
  const heads = parts.map(({ answer }) => answer.head)
  return {
    status: mergedStatus(heads),
    headers: ['content-type', 'application/json', ...mergedHeaders(heads)],
    body: `[${elements.join(',')}]`,
  }
}
