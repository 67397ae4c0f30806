import { mkdtempDisposable, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface ConfigFile extends AsyncDisposable {
  readonly path: string
  /** Writes a configuration with these routes, and other options as source text. */
  write(services: Readonly<Record<string, string>>, others?: string): Promise<void>
}

/** A configuration file of its own. */
export async function createConfigFile(): Promise<ConfigFile> {
  const folder = await mkdtempDisposable(join(tmpdir(), 'portcullis-config-'))
  const path = join(folder.path, 'portcullis.config.ts')
  const config = JSON.stringify(import.meta.resolve('@portcullis/gateway/config'))
  return {
    path,
    write: (services, others = '') =>
      writeFile(
        path,
        `import { defineConfig, env } from ${config}
export default defineConfig({
  publicUrl: env('PUBLIC_URL'),
  services: ${JSON.stringify(services)},
  ${others}
})
`,
      ),
    [Symbol.asyncDispose]: () => folder.remove(),
  }
}
