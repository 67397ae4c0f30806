export {
  createId,
  type InstanceId,
  instanceIdSchema,
  type OrganizationId,
  organizationIdSchema,
  type SessionId,
  type SubjectId,
  sessionIdSchema,
  subjectIdSchema,
} from './ids.ts'
export { comparePositions, type Position, positionSchema } from './position.ts'
export {
  ASSURANCE_LEVELS,
  type AssuranceLevel,
  AUTHENTICATION_METHODS,
  type AuthenticationMethod,
  type CustomClaims,
  type Principal,
  principalSchema,
} from './principal.ts'
