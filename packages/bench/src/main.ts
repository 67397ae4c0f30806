import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** Every part, each in a process of its own so that none warms or burdens another. */
const PARTS = ['./revocation/main.ts', './gateway/main.ts', './claims/main.ts']

for (const part of PARTS) {
  const script = fileURLToPath(new URL(part, import.meta.url))
  const child = spawn(process.execPath, [script, ...process.argv.slice(2)], { stdio: 'inherit' })
  const [code] = await once(child, 'exit')
  if (code !== 0) process.exitCode = 1
}
