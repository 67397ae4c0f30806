import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { findNginx } from '../src/index.ts'

const emptyFolder = () => mkdtemp(join(tmpdir(), 'portcullis-path-'))

test('an nginx on PATH is taken', async () => {
  const path = await emptyFolder()
  await writeFile(join(path, 'nginx'), '#!/bin/sh\n', { mode: 0o755 })
  await expect(findNginx({ path })).resolves.toBe(join(path, 'nginx'))
})

test('without one, PORTCULLIS_INSTALL=never leaves the system alone and says what to do', async () => {
  const search = findNginx({ path: await emptyFolder(), install: 'never' })
  await expect(search).rejects.toMatchObject({ code: 'ERR_NGINX_NOT_FOUND' })
})
