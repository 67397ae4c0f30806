import type { Reply } from '../respond/reply.ts'
import type { Part } from './part.ts'
import type { PartAnswer } from './part-answer.ts'

export interface AnsweredPart {
  readonly part: Part
  readonly answer: PartAnswer
}

/**
 * One answer from those of the parts: results by position; the common status or 207; all cookies; `Vary` with every
 * name; the strictest caching. Other headers of the services end here, since two may disagree.
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
  const answers = parts.map(({ answer }) => answer)
  return { status: statusOf(answers), headers: headersOf(answers), body: `[${elements.join(',')}]` }
}

function statusOf(answers: readonly PartAnswer[]): number {
  const statuses = new Set(answers.map((answer) => answer.status))
  return statuses.size === 1 ? (answers[0] as PartAnswer).status : 207
}

function headersOf(answers: readonly PartAnswer[]): string[] {
  const headers = ['content-type', 'application/json', 'vary', varyOf(answers)]
  const cacheControl = cacheControlOf(answers)
  if (cacheControl !== undefined) headers.push('cache-control', cacheControl)
  const waits = answers.flatMap((answer) => answer.retryAfterSeconds ?? [])
  if (waits.length > 0) headers.push('retry-after', String(Math.max(...waits)))
  for (const cookie of answers.flatMap((answer) => answer.cookies)) {
    headers.push('set-cookie', cookie)
  }
  return headers
}

function varyOf(answers: readonly PartAnswer[]): string {
  const names = new Set(['trpc-accept', 'accept', 'cookie'])
  for (const { vary } of answers) {
    for (const name of vary?.split(',') ?? []) names.add(name.trim().toLowerCase())
  }
  return [...names].filter((name) => name !== '').join(', ')
}

/** What all agree on; if only some say anything, or they disagree, nothing is kept. */
function cacheControlOf(answers: readonly PartAnswer[]): string | undefined {
  const values = new Set(answers.map((answer) => answer.cacheControl))
  return values.size === 1 ? answers[0]?.cacheControl : 'no-store'
}
