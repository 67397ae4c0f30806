import { resolve } from 'node:path'
import { parseArgs, styleText } from 'node:util'
import { TestingError } from '@portcullis/testing'
import { type AppName, START_ORDER, type Surroundings } from './apps.ts'
import { STATE_FOLDER } from './paths.ts'
import { prepareDevelopment } from './prepare-development.ts'
import { formatLine } from './print/format-line.ts'
import { welcome } from './print/welcome.ts'
import { watchApp } from './start-app.ts'
import { waitForStop } from './wait-for-stop.ts'

/**
 * Brings everything up for development, stays until it is asked to end, and leaves no process behind.
 * `--state <folder>` keeps keys and data elsewhere than in .portcullis.
 */

const { values: flags } = parseArgs({
  options: { state: { type: 'string', default: STATE_FOLDER } },
})

const say = (text: string) => void process.stdout.write(`${text}\n`)

async function bringUp(resources: AsyncDisposableStack): Promise<void> {
  const { surroundings, redis, postgres } = await prepareDevelopment({
    resources,
    stateFolder: resolve(flags.state),
    say,
  })
  say('Starting the apps.')
  const missing: AppName[] = []
  for (const group of START_ORDER) {
    missing.push(...(await startGroup(group, surroundings, resources)))
  }
  if (missing.length > 0) say(notice(`Not up: ${missing.join(', ')}. What they wrote is above.`))
  else say(welcome({ surroundings, redis, postgres }))
}

/** Starts apps side by side; returns those that are not ready. */
async function startGroup(
  group: readonly AppName[],
  surroundings: Surroundings,
  resources: AsyncDisposableStack,
): Promise<AppName[]> {
  const options = { surroundings, onLine: sayLine, onEnd: sayEnd }
  const apps = await Promise.all(group.map((app) => watchApp(app, options)))
  resources.defer(async () => {
    await Promise.all(apps.map((app) => app[Symbol.asyncDispose]()))
  })
  const areReady = await Promise.all(apps.map(({ isReady }) => isReady))
  return group.filter((_, index) => areReady[index] !== true)
}

function sayLine(app: AppName, line: string): void {
  say(formatLine(app, line))
}

function sayEnd(app: AppName): void {
  say(notice(`${app} has ended. The others go on; it starts again when a file it imports changes.`))
}

const notice = (text: string) => styleText(['bold', 'yellow'], text)

async function main(): Promise<number> {
  const stopped = waitForStop()
  await using resources = new AsyncDisposableStack()
  try {
    await Promise.race([bringUp(resources), stopped])
  } catch (error) {
    if (!(error instanceof TestingError)) throw error
    process.stderr.write(`${error.message}\n`)
    return 1
  }
  await stopped
  say('Stopping.')
  return 0
}

// What a start in flight still brings up ends with this process.
process.exit(await main())
