import type { PrincipalType } from '../../shared/domain/principals/principal.ts'

/** The world of the actions. It is small, so that they meet. */
export const accounts = ['200000000001', '200000000002', '200000000003', '200000000004'] as const
export const units = ['ou-sim0-11111111', 'ou-sim0-22222222', 'ou-sim0-33333333'] as const
export const managementAccount = '100000000000'
export const principals = ['GROUP/team one', 'GROUP/team-2', 'USER/mia@example.com'] as const
/** `Late-ps` exists only once its file does; `Console-ps` is not ours. */
export const permissionSets = ['First-ps', 'Late-ps', 'Console-ps'] as const
/** The policy that First-ps needs in each account. */
export const policyOfFirst = 'simulated-extra'
export const selectorNames = ['pick', 'other'] as const
/** In the beginning only Mia is there. */
export const userNames = ['mia@example.com', 'leo@example.com', 'nora@example.com'] as const
/** All possible names. In the beginning nobody has `team-late`. `team-between` is for two groups that swap names. */
export const directoryNames = [
  ...['GROUP/team one', 'GROUP/team-2', 'GROUP/team-late', 'GROUP/team-between'],
  'GROUP/team-file',
  ...['USER/mia@example.com', 'USER/leo@example.com', 'USER/nora@example.com'],
] as const

export const bodies = {
  empty: '',
  reason: '{"reason":"on call","ticket":"T-1"}',
  expired: '{"expiresAt":"2020-01-01T00:00:00Z"}',
  malformed: '{"expiresAt":"tomorrow"}',
} as const

/** The parts of `GROUP/team one`. A name may contain `/`. */
export function splitPrincipal(full: string): { readonly type: PrincipalType; readonly name: string } {
  const [, type, name = ''] = /^(\w+)\/(.*)$/s.exec(full) ?? []
  return { type: type === 'USER' ? 'USER' : 'GROUP', name }
}
