import { createKeyspace } from '../../src/index.ts'

export const keys = createKeyspace()
export const sessions = keys.sessions('h'.repeat(16))
export const labels = keys.labels('h'.repeat(16))
export const claims = keys.claims('h'.repeat(16))
export const operation = keys.operation('op_1')
export const acknowledgements = 'pc:{0}:acks:ins_other'
export const members = 'pc:{0}:members'
export const barrier = 'pc:{0}:barrier'
export const closed = 'pc:{0}:closed'

export type Command = readonly [string, ...(string | number)[]]
