import type { Action } from './action.ts'
import type { CallGroup, Fault, FaultKind } from './chaos.ts'
import type { bodies } from './small-world.ts'

export const set = 'First-ps'
export const group = 'team one'

export const linkOf = (scope: string, permissionSet = set, principal = group) =>
  `links_data/${scope}%${permissionSet}%${principal}%GROUP%ssofile`
export const upload = (key: string, body: keyof typeof bodies = 'empty'): Action => ({ do: 'upload a link', key, body })
export const uploadAndDelete = (key: string, afterMs: number): Action => ({
  do: 'upload a link and delete it',
  key,
  afterMs,
})
type ForAWhile = Extract<Action, { do: 'upload a link for a while' }>
export const uploadForAWhile = (key: string, times: Omit<ForAWhile, 'do' | 'key'>): Action => ({
  do: 'upload a link for a while',
  key,
  ...times,
})
export const deleteLink = (key: string): Action => ({ do: 'delete this link', key })
export const wait = (ms: number): Action => ({ do: 'let time pass', ms })
export const strike = (
  kind: FaultKind,
  calls: CallGroup,
  { service = 'any', process = 'dispatcher', skip = 0, times = 1 }: Partial<Omit<Fault, 'kind' | 'calls'>> = {},
): Action => ({ do: 'strike calls', kind, service, calls, process, skip, times })
export const renameGroup = (from: string, to: string): Action => ({ do: 'rename a group', from, to })
export const assign = (account: string, permissionSet: 'First-ps' | 'Console-ps' = set, principal = group): Action => ({
  do: 'assign in the console',
  account,
  principal: `GROUP/${principal}`,
  permissionSet,
})
