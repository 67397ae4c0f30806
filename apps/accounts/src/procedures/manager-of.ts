import type { Manager } from '../members/manager.ts'

export function managerOf(
  principal: Omit<Manager, 'actor'> & { subject: Manager['actor'] },
): Manager {
  return { organization: principal.organization, actor: principal.subject }
}
