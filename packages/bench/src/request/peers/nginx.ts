import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findFreePort, findNginx } from '@portcullis/testing'
import { startForeignPeer } from '../../peers/foreign-peer.ts'
import type { Peer } from '../../peers/peer.ts'

/** @param readyPath Answered with a 2xx once it passes requests on. */
export async function startNginx(target: string, readyPath: string): Promise<Peer> {
  const command = await findNginx()
  const folder = await mkdtemp(join(tmpdir(), 'portcullis-nginx-'))
  const port = await findFreePort()
  const url = `http://127.0.0.1:${port}`
  const file = join(folder, 'nginx.conf')
  await writeFile(file, configuration(folder, port, new URL(target).host))
  const args = ['-c', file, '-p', folder, '-e', join(folder, 'error.log')]
  const peer = await startForeignPeer({ command, args, url, readyUrl: url + readyPath })
  return {
    ...peer,
    async [Symbol.asyncDispose]() {
      await peer[Symbol.asyncDispose]()
      await rm(folder, { recursive: true })
    },
  }
}

/** One worker, as Node has one thread; connections to the service are kept open, as its documentation of `keepalive` says. */
const configuration = (folder: string, port: number, service: string) => `
daemon off;
pid ${folder}/nginx.pid;
worker_processes 1;
events { worker_connections 1024; }
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  upstream service {
    server ${service};
    keepalive 64;
    keepalive_requests 1000000;
  }
  server {
    listen 127.0.0.1:${port};
    keepalive_requests 1000000;
    location / {
      proxy_pass http://service;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
    }
  }
}
`
