import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { OrganizationRules } from '@portcullis/sessions'

export const PERMISSION = 'reports:read'
export const ORGANIZATION = 'org_large'

/** Where the gateways ask what a member may do: over HTTP, as they ask accounts. */
export interface RulesOwner extends AsyncDisposable {
  readonly url: string
  readonly rules: OrganizationRules
  /** Gives the permission to the role or takes it, whichever it has not. @returns the new version. */
  edit(): number
}

export async function startRulesOwner(): Promise<RulesOwner> {
  let rules: OrganizationRules = { version: 1, roles: { member: [] } }
  const server = createServer((_, response) => response.end(JSON.stringify(rules)))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get rules() {
      return rules
    },
    edit() {
      const isGiven = rules.roles['member']?.includes(PERMISSION) ?? false
      rules = { version: rules.version + 1, roles: { member: isGiven ? [] : [PERMISSION] } }
      return rules.version
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}
