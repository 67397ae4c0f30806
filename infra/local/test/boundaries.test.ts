import { execFile } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { ROOT } from '../src/paths.ts'

const run = promisify(execFile)

/** A copy of the workspace without what is installed or built, to plant imports in. */
async function copyWorkspace() {
  const folder = await mkdtemp(join(tmpdir(), 'portcullis-boundaries-'))
  const { stdout } = await run('git', ['ls-files', '-co', '--exclude-standard'], { cwd: ROOT })
  for (const file of stdout.split('\n').filter(isNeeded)) {
    await cp(join(ROOT, file), join(folder, file))
  }
  return {
    folder,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}

const isNeeded = (file: string) =>
  /^(package|turbo|pnpm-)|(package|turbo)\.json$|\/src\/.*\.ts$/.test(file)

async function plant(folder: string, place: string, imported: string) {
  const manifest = join(folder, place, 'package.json')
  const { dependencies, ...rest } = JSON.parse(await readFile(manifest, 'utf8'))
  const added = { ...dependencies, [imported]: 'workspace:*' }
  await writeFile(manifest, JSON.stringify({ ...rest, dependencies: added }))
  await writeFile(join(folder, place, 'src/planted.ts'), `import '${imported}'\n`)
}

async function checkBoundaries(folder: string) {
  const turbo = join(ROOT, 'node_modules/.bin/turbo')
  const checked = run(turbo, ['boundaries'], {
    cwd: folder,
    env: { ...process.env, NO_COLOR: '1' },
  })
  return checked.then(
    ({ stdout }) => ({ holds: true, output: stdout }),
    ({ stdout, stderr }) => ({ holds: false, output: `${stdout}${stderr}` }),
  )
}

describe('import directions', () => {
  test('hold as they are', async () => {
    await using workspace = await copyWorkspace()
    expect(await checkBoundaries(workspace.folder)).toMatchObject({ holds: true })
  })

  test.each([
    ['a package at the bottom', 'packages/context', '@portcullis/sessions'],
    ['a service that wants to read sessions', 'apps/orders', '@portcullis/sessions'],
    ['what ships and wants what only develops', 'packages/gateway', '@portcullis/local'],
  ])('an import against them is found: %s', async (_name, place, imported) => {
    await using workspace = await copyWorkspace()
    await plant(workspace.folder, place, imported)
    const { holds, output } = await checkBoundaries(workspace.folder)
    expect(output).toContain(imported)
    expect(holds).toBe(false)
  })
})
