import type { OrganizationId } from '@portcullis/context'

/** Changes are numbered by organization, so the id of one says whose it is: a client may come back with another active. */
export function toChangeId(organization: OrganizationId, change: number): string {
  return `${organization}.${change}`
}

/** The change, or undefined if the id is none of this organization's. */
export function parseChangeId(
  organization: OrganizationId,
  id: string | null | undefined,
): number | undefined {
  const [owner, change] = id?.split('.') ?? []
  return owner === organization && /^\d{1,15}$/.test(change ?? '') ? Number(change) : undefined
}
