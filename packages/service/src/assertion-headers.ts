import { context, propagation } from '@opentelemetry/api'
import { ASSERTION_HEADER, type AssertionSigner } from '@portcullis/context'

/**
 * Headers for a call to another service's procedures, for the `headers` option of any @trpc/client link:
 * `httpBatchLink({ url, headers: assertionHeaders({ signer, audience: 'accounts' }) })`.
 *
 * @param options.audience The name of the service called.
 */
export function assertionHeaders(options: {
  signer: AssertionSigner
  audience: string
}): () => Promise<Record<string, string>> {
  const { signer, audience } = options
  return async () => {
    const headers = { [ASSERTION_HEADER]: await signer.sign({ audience }) }
    // Continues the trace of the request on whose behalf the call is made; adds nothing where nothing is traced.
    propagation.inject(context.active(), headers)
    return headers
  }
}
