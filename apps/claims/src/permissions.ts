/** What a role of an organization can permit, or a member be granted. */
export const ORGANIZATION_PERMISSIONS = [
  'members:manage',
  'roles:manage',
  'orders:read',
  'orders:write',
] as const
export type OrganizationPermission = (typeof ORGANIZATION_PERMISSIONS)[number]

/** The roles that every organization begins with. */
export const BUILT_IN_ROLES = {
  owner: ORGANIZATION_PERMISSIONS,
  admin: ['members:manage', 'orders:read', 'orders:write'],
  member: ['orders:read', 'orders:write'],
} as const satisfies Record<string, readonly OrganizationPermission[]>
export type BuiltInRole = keyof typeof BUILT_IN_ROLES

/** Roles that hold in every organization and without one, with what they permit. */
export const INSTALLATION_ROLES = {
  'system:admin': ['accounts:manage', 'sessions:list', 'sessions:revoke'],
} as const
export type InstallationRole = keyof typeof INSTALLATION_ROLES
