import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { OrganizationId, SubjectId } from '@portcullis/context'
import { type Claims, type ClaimsSource, claimsSchema } from '@portcullis/sessions'
import { request } from 'undici'

/** The service that has the truth about claims; all it knows of a subject is how often its claims were changed. */
export interface ClaimsOwner extends AsyncDisposable {
  readonly url: string
  /** @returns the new version. */
  change(subject: SubjectId): number
}

const FIRST_VERSION = 1

export async function startClaimsOwner(): Promise<ClaimsOwner> {
  const versions = new Map<string, number>()
  const versionOf = (subject: string) => versions.get(subject) ?? FIRST_VERSION
  const server = createServer((asked, response) => {
    const subject = asked.url?.slice(1) ?? ''
    response.end(JSON.stringify(claimsOf(subject, versionOf(subject))))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    change(subject) {
      const version = versionOf(subject) + 1
      versions.set(subject, version)
      return version
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
    },
  }
}

/** The one organization that a subject is a member of. */
export function organizationOf(subject: string): OrganizationId {
  return `org_${subject.slice('usr_'.length)}`
}

function claimsOf(subject: string, version: number): Claims {
  const memberships = { [organizationOf(subject)]: { roles: [], permissions: [] } }
  return { version, roles: [], permissions: [], memberships, custom: {} }
}

/** How a gateway asks for claims, from whichever process. */
export function claimsFrom(url: string): ClaimsSource {
  return {
    async load(subject, { signal }) {
      const { body } = await request(`${url}/${subject}`, { signal })
      return claimsSchema.parse(await body.json())
    },
  }
}
