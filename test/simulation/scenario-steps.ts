import * as fc from 'fast-check'
import { type Action, accounts, type bodies, units } from './action.ts'
import type { CallGroup, Fault, FaultKind } from './chaos.ts'

/** Where `simulated-world.ts` puts the accounts at first, and which of them have the tag `team^a`. */
export const homes = [
  { account: accounts[0], unit: units[0], elsewhere: units[2] },
  { account: accounts[1], unit: units[1], elsewhere: units[2] },
  { account: accounts[2], unit: units[2], elsewhere: units[0] },
] as const
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

export const home = fc.constantFrom(...homes)
export const shortMs = fc.constantFrom(30, 100, 200, 300, 450, 600, 1_000, 2_000)
export const settledMs = fc.constantFrom(2_000, 5_000, 20_000)
export const longMs = fc.constantFrom(45_000, 70_000, 70_000, 400_000)
export const skip = fc.nat(12)

/**
 * Steps that meet in one place, each left out now and then, once in `leftOutOnceIn`: what remains is what a failure shrinks
 * to. Where every step is needed, leave out fewer.
 */
export function scenario<P>(
  parameters: fc.Arbitrary<P>,
  steps: (parameters: P) => readonly Action[],
  leftOutOnceIn = 20,
): fc.Arbitrary<readonly Action[]> {
  const kept = fc.array(fc.nat(leftOutOnceIn - 1), { minLength: 16, maxLength: 16 })
  return fc.tuple(parameters, kept).map(([drawn, isKept]) => steps(drawn).filter((_, step) => isKept[step] !== 0))
}

export const scopes = fc.record({ home, shortMs, settledMs, longMs, skip })
