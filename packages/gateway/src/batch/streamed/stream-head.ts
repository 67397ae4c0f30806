import type { Proof } from '../../forward/proof.ts'
import type { ResponseHeaders } from '../../forward/response-headers.ts'
import { mergedHeaders, type PartHead } from '../merged-headers.ts'

interface Source {
  readonly proof?: Proof | undefined
  readonly head: PartHead | undefined
  readonly contentType?: string | undefined
}

/**
 * The head of a streamed batch. 200 whatever its calls come to, as with one service, unless all services say another
 * kind of success.
 *
 * @param forget See `StreamedBatchOptions.forget`.
 */
export function streamHead(
  services: readonly Source[],
  own: readonly { readonly head: PartHead; readonly isEnded: boolean }[],
  forget: (cookies: readonly string[]) => string | undefined,
): { readonly status: number; readonly headers: ResponseHeaders } {
  const streaming = services.filter(({ head }) => head !== undefined && isSuccess(head.status))
  const heads = [...services, ...own].flatMap(({ head }) => head ?? [])
  const status = common(streaming.map(({ head }) => head?.status)) ?? 200
  const contentType = common(streaming.map(({ contentType }) => contentType)) ?? 'application/json'
  const headers = recordOf(['content-type', contentType, ...mergedHeaders(heads)])
  const cookies = headers['set-cookie'] ?? []
  const isEnded = services.some(({ proof }) => proof?.isEnded) || own.some((part) => part.isEnded)
  const cleared = isEnded ? forget(cookies) : undefined
  if (cleared !== undefined) headers['set-cookie'] = [...cookies, cleared]
  return { status, headers }
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300
}

/** The one value that all have; undefined if they differ or there is none. */
function common<T>(values: readonly T[]): T | undefined {
  return new Set(values).size === 1 ? values[0] : undefined
}

function recordOf(flat: readonly string[]): Record<string, string[]> {
  const record: Record<string, string[]> = {}
  for (let i = 0; i < flat.length; i += 2) {
    const name = flat[i] as string
    record[name] = [...(record[name] ?? []), flat[i + 1] as string]
  }
  return record
}
