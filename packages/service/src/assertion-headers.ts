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
  return async () => ({ [ASSERTION_HEADER]: await signer.sign({ audience }) })
}
