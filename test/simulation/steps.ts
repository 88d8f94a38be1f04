import type { Action } from './action.ts'
import type { CallGroup, Fault, FaultKind } from './chaos.ts'
import { hostileGroups, hostileLinkOf } from './hostile-actions.ts'
import { stepsWith } from './kinds/file-steps.ts'
import { eligibilityFiles } from './kinds/governance/eligibility-files.ts'
import { selectorFiles } from './kinds/governance/selector-files.ts'
import { requestFiles } from './kinds/requests/request-files.ts'
import { fileGroup } from './membership-actions.ts'
import { accounts, type bodies, units } from './small-world.ts'
import type { WorldSettings } from './world-settings.ts'

/** A sequence of actions by users, operators or AWS, and the state before it. Faults strike only calls of `actions`. */
export type CanonicalLife = {
  readonly name: string
  readonly settings?: Partial<WorldSettings>
  readonly before?: readonly Action[]
  readonly actions: readonly Action[]
}

/** One step or several. */
export type Steps = Action | readonly Steps[]
/** `before` has taken effect when the first action begins. Time passes after the last action. */
export type Life = { readonly settings?: Partial<WorldSettings>; readonly before?: Steps; readonly actions: Steps }
/** By their names. A life without `before` is just its actions. */
export type Lives = Readonly<Record<string, Life | Steps>>
export type Of<What extends Action['do']> = Extract<Action, { readonly do: What }>

export const set = 'First-ps'
export const group = 'team one'
export const mia = 'mia@example.com'
export const leo = 'leo@example.com'
/** The usual accounts and units of actions. */
export const [account, nested, third, fourth] = accounts
export const [unit, nestedUnit, thirdUnit] = units

export const wait = (ms: number): Action => ({ do: 'let time pass', ms })
/** Until an upload is granted, or a deletion has revoked. */
export const done = wait(20_000)
/** Until the schedule of each minute has run, too. */
export const longDone = wait(70_000)
/** After this time a listing counts against our own calls. */
export const listed = wait(8 * 60_000)
export const strike = (
  kind: FaultKind,
  calls: CallGroup,
  { process = 'dispatcher', skip = 0, times = 1 }: Partial<Omit<Fault, 'kind' | 'calls'>> = {},
): Action => ({ do: 'strike calls', kind, calls, process, skip, times })
export const reconcile: Action = { do: 'reconcile' }
export const night: Action = { do: 'check for drift' }
export const loseNextEvent: Action = { do: 'lose the next event' }
export const letRequestsTake = (ms: number): Action => ({ do: 'let requests take this long', ms })

export const linkOf = (scope: string, permissionSet = set, principal = group, type: 'GROUP' | 'USER' = 'GROUP') =>
  `links_data/${scope}%${permissionSet}%${principal}%${type}%ssofile`
export const upload = (key: string, body: keyof typeof bodies = 'empty'): Action => ({ do: 'upload a link', key, body })
export const uploadAll = (...keys: readonly string[]) => keys.map((key) => upload(key))
export const deleteLink = (key: string): Action => ({ do: 'delete this link', key })
export const deleteFolder = (folder: '' | 'folder-a/'): Action => ({ do: 'delete all links of a folder', folder })
export const uploadForAWhile = (key: string, endsInMs: number, beginsInMs?: number): Action => {
  return { do: 'upload a link for a while', key, beginsInMs, endsInMs }
}
export const lookAtBrake: Action = { do: 'look at the brake' }
export const releaseBrake: Action = { do: 'release what was looked at' }

export type Principal = Of<'delete a principal'>['principal']
export const rename = (principal: Principal, to: string): Action => ({ do: 'rename a principal', principal, to })
export const renameGroup = rename(`GROUP/${group}`, 'team-late')
export const renameUser = rename(`USER/${mia}`, leo)
export const remove = (principal: Principal): Action => ({ do: 'delete a principal', principal })
export const make = (principal: Principal): Action => ({ do: 'make a principal', principal })
export const makeAgain = (principal: Principal): Steps => [remove(principal), wait(100), make(principal)]
export const suspend: Action = { do: 'suspend a person', name: mia }
export const restore: Action = { do: 'restore a person', name: mia }

export const move = (account: string, unit: string): Action => ({ do: 'move an account', account, unit })
export const tag = (account: string, value: 'a' | 'b'): Action => ({ do: 'tag an account', account, value })
export const leave: Action = { do: 'an account leaves', account }
export const lackAccount = (times: number): Action => ({ do: 'Organizations does not list an account', account, times })
const selector = stepsWith('selector', selectorFiles)
export const writeSelector = (body: keyof typeof selectorFiles.valid | 'broken') => selector.write('pick', body)
export const deleteSelector = selector.remove('pick')
export type Version = Of<'upload a permission set'>['version']
export const version = (version: Version): Action => ({ do: 'upload a permission set', name: 'First-ps', version })
export const lateVersion = (version: Version): Action => ({ do: 'upload a permission set', name: 'Late-ps', version })
export const deleteLateFile: Action = { do: 'delete a permission set file', name: 'Late-ps' }
export const losePolicy: Action = { do: 'remove a policy that First-ps needs', account }
export const restorePolicy: Action = { do: 'restore the policy', account }

export const assign = (target: Partial<Of<'assign in the console'>> = {}): Action => {
  return { do: 'assign in the console', account, principal: `GROUP/${group}`, permissionSet: set, ...target }
}
/** Until faults have stopped. */
export const spoil = (under: Of<'spoil an object of ssofile'>['under'], afterMs = 90_000_000): Action => {
  return { do: 'spoil an object of ssofile', under, nth: 0, afterMs }
}
export const changeSet = (change: Of<'change First-ps in the console'>['change']): Action => ({
  do: 'change First-ps in the console',
  change,
})

export type Decision = Omit<Of<'decide on a request'>, 'do' | 'account' | 'by'>
export const approval: Decision = { decision: 'approve', of: 'the present upload', isSealed: false }
const approvalsAsked = { no: 'with no approval', 1: 'with one approval', 2: 'with two approvals' } as const
export const writeEligibility = (approvals: keyof typeof approvalsAsked) =>
  stepsWith('eligibility', eligibilityFiles).write('first', approvalsAsked[approvals])
export const ask: Action = { do: 'ask for access', account }
/** The same content. */
export const askAgain = stepsWith('request', requestFiles).writeAgain('of the first account')
export const decide = (by: string, said: Partial<Decision> = {}): Action => {
  return { do: 'decide on a request', account, by, ...approval, ...said }
}
export const withdraw: Action = { do: 'withdraw a request', account }
/** One approval is enough. */
export const asked: Steps = [writeEligibility(1), wait(5_000), ask, wait(15_000)]
export const deleteTemporary: Action = { do: 'delete a temporary link by hand', account }
export const endSessions: Action = { do: 'end sessions', user: mia, permissionSet: set }

export const writeGroup: Action = { do: 'write the group' }
export const deleteGroupFile: Action = { do: 'delete the group file' }
export const put: Action = { do: 'put into the group', name: mia }
export const take: Action = { do: 'take out of the group', name: mia }
export type UserName = Of<'suspend a person'>['name']
export const othersPut = (name: UserName): Action => ({ do: 'somebody else puts into the group', name })
export type Department = Of<'write the rule'>['department']
export const writeRule = (department: Department): Action => ({ do: 'write the rule', department })
export const employ = (name: UserName, department: Department): Action => ({
  do: 'change the department',
  name,
  department,
})

export type Asking = Of<'join a group'>['group']
export const join = (group: Asking, who: string): Action => ({ do: 'join a group', group, who })
export const quit = (group: Asking, who: string): Action => ({ do: 'leave a group', group, who })

export const own = linkOf(`account%${account}`)
export const another = linkOf(`account%${nested}`)
export const ofAll = linkOf('root%all')
export const ofUnit = linkOf(`ou_id%${unit}`)
export const ofUnitToo = linkOf(`ou_id%${unit}`, set, 'team-2')
export const ofThirdUnit = linkOf(`ou_id%${thirdUnit}`)
export const ofTag = linkOf('account_tag%team^a')
export const selected = linkOf('select%pick')
export const ofLate = linkOf(`account%${account}`, 'Late-ps')
export const ofLateGroup = linkOf(`account%${account}`, set, 'team-late')
export const waiting = linkOf(`account%${account}`, 'Late-ps', 'team-late')
export const ofSecond = linkOf(`account%${account}`, set, 'team-2')
export const ofThird = linkOf(`account%${third}`, set, 'team-2')
export const ofConsole = linkOf(`account%${nested}`, 'Console-ps')
export const ofMia = linkOf(`account%${account}`, set, mia, 'USER')
export const ofFileGroup = linkOf(`account%${account}`, set, fileGroup)
export const ofLeo = linkOf(`account%${account}`, set, leo, 'USER')
export const inFolder = (key: string) => key.replace('links_data/', 'links_data/folder-a/')
export const miasInFolder = [set, 'Console-ps'].map((name) => inFolder(linkOf(`account%${nested}`, name, mia, 'USER')))

export const his = (key: string): Action => ({ do: 'he uploads a link', key })
export const deleteHis: Action = { do: 'he deletes all of his links' }
export const flap: Action = { do: 'he flaps his links', times: 2, awayMs: 200 }
export const hisLinks = hostileGroups.map((name) => his(hostileLinkOf(`ou_id%${unit}`, set, name)))
export const encryptHis: Action = { do: 'he encrypts one of his links', nth: 0 }
export const overwrite = (body: 'reason' | 'empty'): Action => ({ do: 'he overwrites a link of others', nth: 0, body })
export const honest = inFolder(own)
export const likeHonest = his(hostileLinkOf('root%all', set, 'team one'))

export function listLives(lives: Lives): readonly CanonicalLife[] {
  return Object.entries(lives).map(([name, life]) => {
    const { settings = {}, before = [], actions } = 'actions' in life ? life : { actions: life }
    const steps = flatten(actions)
    const isOver = steps.at(-1)?.do === 'let time pass'
    return { name, settings, before: flatten(before), actions: isOver ? steps : [...steps, done] }
  })
}

export function flatten(steps: Steps): readonly Action[] {
  return 'do' in steps ? [steps] : steps.flatMap(flatten)
}
