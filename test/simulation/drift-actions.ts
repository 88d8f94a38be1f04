import * as fc from 'fast-check'
import type { AssignmentTarget } from '../../shared/ports/sso-admin.ts'
import { isBusy } from './outside-changes.ts'
import type { SimulatedWorld } from './simulated-world.ts'

/** What others do to access that ssofile gave, and the check that finds it. */
export type DriftAction =
  | { readonly do: 'remove what ssofile gave'; readonly nth: number }
  | { readonly do: 'remove what ssofile gave and put it back'; readonly nth: number; readonly afterMs: number }
  | { readonly do: 'check for drift' }

const names: ReadonlySet<string> = new Set<DriftAction['do']>([
  'remove what ssofile gave',
  'remove what ssofile gave and put it back',
  'check for drift',
])

export function isDriftAction(action: { readonly do: string }): action is DriftAction {
  return names.has(action.do)
}

const nth = fc.nat(30)

export const driftActions = [
  { weight: 2, arbitrary: fc.record({ do: fc.constant('remove what ssofile gave' as const), nth }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('remove what ssofile gave and put it back' as const),
      nth,
      afterMs: fc.constantFrom(100, 1_000, 5_000, 70_000),
    }),
  },
  { weight: 2, arbitrary: fc.constant<DriftAction>({ do: 'check for drift' }) },
] as const

/** Listings count against our own calls after five minutes; clocks may be a little off. */
export const settlingMs = 6 * 60_000

export async function performDriftAction(action: DriftAction, world: SimulatedWorld): Promise<void> {
  const { ssoAdmin, checker, clock } = world
  if (action.do === 'check for drift') return void checkForDrift(world)
  const ours = ssoAdmin.assignments().filter((one) => checker.isOurs(one) && !isBusy(one.accountId, ssoAdmin))
  const target = ours[action.nth % Math.max(ours.length, 1)]
  if (!target) return
  noteDrift(target, world)
  ssoAdmin.removeAssignment(target)
  world.tellByHand('DeleteAccountAssignment', target)
  if (action.do === 'remove what ssofile gave') return
  await clock.advance(action.afterMs)
  if (ssoAdmin.isAssigned(target) || isBusy(target.accountId, ssoAdmin)) return
  checker.noteForeign(target)
  ssoAdmin.addAssignment(target)
  world.tellByHand('CreateAccountAssignment', target)
}

/**
 * Only a drift check finds that this is taken away, and one that is under way, or about to begin, only where our last call on
 * it is so old that a listing counts against it.
 */
export function noteDrift(target: AssignmentTarget, world: SimulatedWorld): void {
  if (isSettled(target, world)) world.drift.changes++
  else world.wasDrifted = true
}

function isSettled({ accountId, permissionSetArn, principalId }: AssignmentTarget, world: SimulatedWorld): boolean {
  const entries = world.keys(`assignments/account%${accountId}%`).map((key) => world.readJson(key))
  const entry = entries.find((one) => one?.permissionSetArn === permissionSetArn && one.principalId === principalId)
  const isOld = Date.parse(String(entry?.updatedAt)) + settlingMs < world.clock.now().getTime()
  return (entry?.state === 'granted' || entry?.state === 'held') && isOld
}

/** What was removed by now is found, unless the check could not even begin; then what an earlier one left is lost as well. */
async function checkForDrift(world: SimulatedWorld): Promise<void> {
  const { changes } = world.drift
  const check = ++world.drift.checks
  world.drift.found = 0
  const hasBegun = await world.everyNight()
  if (hasBegun && check === world.drift.checks) world.drift.found = changes
}
