import { z } from 'zod'

export const SERVICES = ['accounts', 'billing', 'orders'] as const
export type ServiceName = (typeof SERVICES)[number]

/** What every call asks. */
export const inputSchema = z.object({ id: z.number() })

/** What every call answers, whoever lets it in: some 200 bytes. */
export function answerTo({ id }: z.infer<typeof inputSchema>) {
  return {
    id,
    item: 'a box of loose-leaf tea, second flush',
    status: 'open',
    placedBy: 'usr_17',
    placedAt: '2026-01-02T03:04:05.678Z',
    address: { street: '12 Harbour Road', city: 'Bristol' },
  }
}
