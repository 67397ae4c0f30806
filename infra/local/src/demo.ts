import { parseArgs, styleText } from 'node:util'
import { ExpectationError } from './demo/expectation.ts'
import { startStage } from './demo/stage.ts'
import { type Narrator, tell } from './demo/story.ts'
import { formatLine } from './print/format-line.ts'

/**
 * A tour in the terminal that ends by itself, with 0, or with 1 if anything went otherwise than told.
 * `--broken-gateway` puts a gateway that forgets revocations before one of them, to see the tour fail.
 */

const { values: flags } = parseArgs({ options: { 'broken-gateway': { type: 'boolean' } } })

const say = (text: string) => void process.stdout.write(`${text}\n`)

const narrate: Narrator = async (what, scene) => {
  const notes: string[] = []
  const startedAt = performance.now()
  try {
    return await withinLimit(scene((detail) => void notes.push(detail)))
  } finally {
    const took = `${(performance.now() - startedAt).toFixed(0)} ms`
    say(`${styleText('dim', took.padStart(8))}  ${what}`)
    for (const note of notes) say(`${' '.repeat(10)}${styleText('dim', note)}`)
  }
}

/** A scene that waits for what never comes has failed. Milliseconds. */
const SCENE_LIMIT_MS = 90_000

async function withinLimit<Result>(scene: Promise<Result>): Promise<Result> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(
    () => late.reject(new ExpectationError(`nothing happened for ${SCENE_LIMIT_MS} ms`)),
    SCENE_LIMIT_MS,
  )
  return Promise.race([scene, late.promise]).finally(() => clearTimeout(timer))
}

/** What the apps wrote: warnings and worse, of interest if something went wrong. */
const appLines: string[] = []

async function main(): Promise<number> {
  await using resources = new AsyncDisposableStack()
  try {
    const stage = await narrate('two gateways, two services, a worker, Redis and Postgres', () =>
      startStage({
        resources,
        isGatewayBroken: flags['broken-gateway'] === true,
        onLine: (app, line) => void appLines.push(formatLine(app, line)),
      }),
    )
    await tell(stage, narrate)
    say('\nAll of it went as told.')
    return 0
  } catch (error) {
    for (const line of appLines) say(line)
    say(styleText(['bold', 'red'], `\n${messageOf(error)}`))
    return 1
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

process.exit(await main())
