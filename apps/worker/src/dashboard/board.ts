import { createBullBoard } from '@bull-board/api'
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter'
import { HonoAdapter } from '@bull-board/hono'
import { serveStatic } from '@hono/node-server/serve-static'
import type { Queue } from 'bullmq'

/**
 * What can be done beside looking. What adds, changes or removes a job is not among it: jobs are made by code that says who asked
 * for them and checks what they are about.
 */
const CHANGES: ReadonlySet<string> = new Set([
  '/api/queues/pause',
  '/api/queues/resume',
  '/api/queues/:queueName/pause',
  '/api/queues/:queueName/resume',
  '/api/queues/:queueName/promote',
  '/api/queues/:queueName/retry/:queueStatus',
  '/api/queues/:queueName/:jobId/promote',
  '/api/queues/:queueName/:jobId/retry',
])

/** bull-board over these queues, to be mounted at `basePath`. It lets everybody in. */
export function createBoard(queues: readonly Queue[], basePath: string) {
  const serverAdapter = new HonoAdapter(serveStatic).setBasePath(basePath)
  createBullBoard({
    queues: queues.map((queue) => new BullMQAdapter(queue, { allowRetries: true })),
    serverAdapter,
    options: {
      uiConfig: { boardTitle: 'Queues' },
      handlerHooks: {
        before: ({ method, route }) => ({ allow: method === 'get' || CHANGES.has(route) }),
      },
    },
  })
  return serverAdapter.registerPlugin()
}
