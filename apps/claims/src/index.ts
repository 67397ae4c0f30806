export { claims } from './claims.ts'
export {
  BUILT_IN_ROLES,
  type BuiltInRole,
  INSTALLATION_ROLES,
  type InstallationRole,
  ORGANIZATION_PERMISSIONS,
  type OrganizationPermission,
} from './permissions.ts'
