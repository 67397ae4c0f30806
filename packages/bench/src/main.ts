import { PARTS } from './parts.ts'
import { runAll } from './run-all.ts'

await runAll(PARTS)
