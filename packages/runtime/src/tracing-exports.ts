export { tracePool } from './postgres-traces.ts'
export { startTracing, type Tracing } from './tracing.ts'
