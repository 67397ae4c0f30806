/** Roles in an organization. A name has no colon: those with one belong to the installation. */
export const ROLES = ['owner', 'admin', 'member'] as const
export type Role = (typeof ROLES)[number]

/** Roles that hold in every organization and without one. */
export const INSTALLATION_ROLES = ['system:admin'] as const
export type InstallationRole = (typeof INSTALLATION_ROLES)[number]

export type Permission =
  | 'members:manage'
  | 'orders:read'
  | 'orders:write'
  | 'sessions:list'
  | 'sessions:revoke'

const PERMISSIONS: Readonly<Record<Role | InstallationRole, readonly Permission[]>> = {
  owner: ['members:manage', 'orders:read', 'orders:write'],
  admin: ['members:manage', 'orders:read', 'orders:write'],
  member: ['orders:read', 'orders:write'],
  'system:admin': ['sessions:list', 'sessions:revoke'],
}

export function permissionsOf(role: Role | InstallationRole): readonly Permission[] {
  return PERMISSIONS[role]
}

/** Only an owner makes, changes or removes an owner: an admin could otherwise raise itself. */
export function mayManage(actor: Role, affected: readonly (Role | null)[]): boolean {
  if (!permissionsOf(actor).includes('members:manage')) return false
  return actor === 'owner' || !affected.includes('owner')
}
