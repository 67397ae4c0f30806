/** Whom a session is of: what the gateway of the benchmarks knows of everybody, so that all carry the same. */
export interface Person {
  readonly subject: string
  readonly organization: string
  readonly roles: readonly string[]
  readonly permissions: readonly string[]
  readonly region: string
  readonly plan: string
}

export function createPerson(subject: string): Person {
  return {
    subject,
    organization: 'org_acme',
    roles: ['member', 'billing'],
    permissions: ['orders:read', 'orders:write', 'invoices:read', 'members:read'],
    region: 'eu-central-1',
    plan: 'enterprise',
  }
}
