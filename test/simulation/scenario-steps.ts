import type { Action } from './action.ts'
import type { CallGroup, Fault, FaultKind } from './chaos.ts'
import { accounts, type bodies } from './small-world.ts'

type Of<What extends Action['do']> = Extract<Action, { readonly do: What }>

export const set = 'First-ps'
export const group = 'team one'
/** Where things happen, unless something else is said. */
export const [account] = accounts

export const wait = (ms: number): Action => ({ do: 'let time pass', ms })
/** Until what was uploaded is granted, or what was deleted revoked. */
export const done = wait(20_000)
/** And until the schedule of each minute has run. */
export const longDone = wait(70_000)
export const strike = (
  kind: FaultKind,
  calls: CallGroup,
  { service = 'any', process = 'dispatcher', skip = 0, times = 1 }: Partial<Omit<Fault, 'kind' | 'calls'>> = {},
): Action => ({ do: 'strike calls', kind, service, calls, process, skip, times })

export const linkOf = (scope: string, permissionSet = set, principal = group, type: 'GROUP' | 'USER' = 'GROUP') =>
  `links_data/${scope}%${permissionSet}%${principal}%${type}%ssofile`
export const upload = (key: string, body: keyof typeof bodies = 'empty'): Action => ({ do: 'upload a link', key, body })
export const uploadAll = (...keys: readonly string[]) => keys.map((key) => upload(key))
export const deleteLink = (key: string): Action => ({ do: 'delete this link', key })
export const deleteFolder = (folder: '' | 'folder-a/'): Action => ({ do: 'delete all links of a folder', folder })
export const lookAtBrake: Action = { do: 'look at the brake' }
export const releaseBrake: Action = { do: 'release what was looked at' }

export const renameGroup = (from: string, to: string): Action => ({ do: 'rename a group', from, to })
export const move = (account: string, unit: string): Action => ({
  do: 'move an account',
  account,
  unit,
  silently: false,
})

type Decision = Omit<Of<'decide on a request'>, 'do' | 'account' | 'by'>
const approval: Decision = { decision: 'approve', of: 'the present upload', isSealed: false }
export const writeEligibility = (approvals: 1 | 2): Action => ({ do: 'write the eligibility', approvals })
export const ask: Action = { do: 'ask for access', account }
export const decide = (by: string, said: Partial<Decision> = {}): Action => {
  return { do: 'decide on a request', account, by, ...approval, ...said }
}
export const withdraw: Action = { do: 'withdraw a request', account }
