import { createSessionProcedures, type PortcullisContext } from '@portcullis/service'
import { initTRPC } from '@trpc/server'
import { answerTo, inputSchema } from '../answer.ts'

const t = initTRPC.context<PortcullisContext>().create()
const { sessionProcedure } = createSessionProcedures()

/** Of each service behind the gateway: answers to those who have a session. */
export const router = t.router({
  get: t.procedure
    .concat(sessionProcedure)
    .input(inputSchema)
    .query(({ input }) => answerTo(input)),
})
export type ServiceRouter = typeof router
