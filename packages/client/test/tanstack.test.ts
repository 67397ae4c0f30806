import { MutationObserver, QueryClient, QueryObserver } from '@tanstack/react-query'
import { createTRPCOptionsProxy } from '@trpc/tanstack-react-query'
import { expect, it } from 'vitest'
import { createPortcullisClient } from '../src/node.ts'
import { endSession, type StockRouter, startStockServer } from './stock-server.ts'

it('TanStack Query reads, writes and learns of the end of a session through the client', async () => {
  await using server = await startStockServer()
  let ended = 0
  const client = createPortcullisClient<StockRouter>({
    url: server.url,
    onSessionEnded: () => {
      ended += 1
    },
  })
  const queryClient = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  const trpc = createTRPCOptionsProxy<StockRouter>({ client, queryClient })

  const signIn = new MutationObserver(queryClient, trpc.session.signIn.mutationOptions())
  const { session } = await signIn.mutate({ password: 'portcullis' })
  const listed = await queryClient.fetchQuery(trpc.orders.list.queryOptions())
  expect(listed).toEqual({ session, orders: ['ord_1'] })
  expect(queryClient.getQueryData(trpc.orders.list.queryKey())).toBe(listed)

  endSession(session)
  const observer = new QueryObserver(queryClient, trpc.orders.list.queryOptions())
  const { error } = await observer.refetch()
  expect(error?.data?.code).toBe('UNAUTHORIZED')
  expect(ended).toBe(1)
})
