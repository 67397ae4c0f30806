import { mkdtempDisposable, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { loadConfig } from '../src/config/index.ts'

const CONFIG = fileURLToPath(new URL('../src/config/index.ts', import.meta.url))
const environment = { ORDERS_URL: 'http://orders:4002' }

/** A configuration file with this text, and how to load it. */
async function written(text: string) {
  const folder = await mkdtempDisposable(join(tmpdir(), 'portcullis-config-'))
  const file = join(folder.path, 'portcullis.config.ts')
  const write = (next: string) =>
    writeFile(file, next.replace("'@portcullis/gateway/config'", JSON.stringify(CONFIG)))
  await write(text)
  return {
    write,
    load: (timeoutMs?: number) =>
      loadConfig({ file, environment, ...(timeoutMs !== undefined && { timeoutMs }) }),
    [Symbol.asyncDispose]: () => folder.remove(),
  }
}

const GOOD = `
import { defineConfig, env } from '@portcullis/gateway/config'
const port: number = 4003
export default defineConfig({
  publicUrl: 'https://app.example.com',
  services: { orders: env('ORDERS_URL'), billing: \`http://billing:\${port}\` },
})`

describe('a configuration file', () => {
  test('is TypeScript that is executed as it is, and read anew each time', async () => {
    await using file = await written(GOOD)
    const services = { orders: 'http://orders:4002', billing: 'http://billing:4003' }
    expect(await file.load()).toEqual({ publicUrl: 'https://app.example.com', services })
    await file.write(GOOD.replace('4003', '4004'))
    expect((await file.load()).services).toEqual({ ...services, billing: 'http://billing:4004' })
  })

  test('that is wrong is refused with all its mistakes', async () => {
    await using file = await written(
      GOOD.replace("'https://app.example.com'", '7').replace('ORDERS_URL', 'NO_URL'),
    )
    await expect(file.load()).rejects.toMatchObject({
      code: 'ERR_CONFIG_INVALID',
      mistakes: ['services.orders: NO_URL is required', expect.stringMatching(/^publicUrl: /)],
    })
  })

  test.each([
    ['that cannot be read', 'export default {'],
    ['that throws', "throw new Error('as asked')"],
    ['that imports what is not there', "import './nothing.ts'\nexport default {}"],
    ['that ends its process', 'process.exit(0)'],
    ['that rejects later', "Promise.reject(new Error('late'))\nawait new Promise(() => {})"],
    ['that never ends', 'for (;;) {}', 1_500],
  ])('%s is refused, and harms nobody', async (_what, text, timeoutMs = 25_000) => {
    await using file = await written(text)
    await expect(file.load(timeoutMs)).rejects.toMatchObject({
      code: 'ERR_CONFIG_UNREADABLE',
      mistakes: [expect.stringMatching(/\w/)],
    })
  })

  test('that is not there is refused', async () => {
    await expect(
      loadConfig({ file: '/nowhere/portcullis.config.ts', environment }),
    ).rejects.toMatchObject({
      code: 'ERR_CONFIG_UNREADABLE',
    })
  })

  test('sees no variable that it does not name', async () => {
    await using file = await written(
      `export default { publicUrl: 'https://' + Object.keys(process.env).length + '.example.com', services: {} }`,
    )
    expect(await file.load()).toMatchObject({ publicUrl: 'https://0.example.com' })
  })
})
