import { permissionSetName } from '../../shared/domain/permission-sets/permission-set-name.ts'
import { principalId } from '../../shared/domain/principals/identity-center-ids.ts'
import type { AssignmentTarget } from '../../shared/ports/sso-admin.ts'
import { disturbing, nthOf } from './doing.ts'
import { nameOf, recordedName } from './oracle/names.ts'
import type { SimulatedWorld } from './simulated-world.ts'
import { type principals, splitPrincipal } from './small-world.ts'

type Target = { readonly account: string; readonly principal: (typeof principals)[number] }
type Set = { readonly permissionSet: 'First-ps' | 'Console-ps' }

/** Acts of others in the console, also on access that ssofile gave, and the check that finds them. */
export const driftActions = {
  'assign in the console': disturbing((world, action: Target & Set) => {
    const target = findTarget(action, world)
    if (target) give(target, world)
  }),
  /** Only if no link grants it. Otherwise the removal would be drift. */
  'remove in the console': disturbing((world, action: Target) => {
    const target = findTarget({ ...action, permissionSet: 'First-ps' }, world)
    if (!target || world.checker.isDesired(target)) return
    // Access that ssofile gave and the brake holds.
    if (world.checker.isOurs(nameOf(target))) world.wasDrifted = true
    take(target, world)
  }),
  /** Others delete their permission set and create it again: the same name with another ARN. AWS refuses while it is in use. */
  'make Console-ps again': async (world: SimulatedWorld) => {
    const { ssoAdmin, checker, names } = world
    const arn = ssoAdmin.permissionSetArnOf('Console-ps')
    // Remember the name after the permission set is gone.
    if (arn) names.permissionSet(arn)
    if (!arn || ssoAdmin.outstandingRequests().some(({ target }) => target.permissionSetArn === arn)) return
    const assigned = ssoAdmin.assignments().filter(({ permissionSetArn }) => permissionSetArn === arn)
    if (assigned.some((target) => checker.isOurs(nameOf(target)))) return
    // Links may want access that others gave. No event reports its removal.
    if (assigned.length > 0) world.wasDrifted = true
    for (const target of assigned) ssoAdmin.removeAssignment(target)
    await ssoAdmin.deletePermissionSet(arn)
    const name = permissionSetName.parse('Console-ps')
    await ssoAdmin.createPermissionSet({ name, sessionDuration: 'PT1H', tags: [] })
    checker.noteDesired()
  },
  /** `backAfterMs`: the access is put back after this time. */
  'remove what ssofile gave': async (
    world: SimulatedWorld,
    { nth, backAfterMs }: { readonly nth: number; readonly backAfterMs?: number },
  ) => {
    const { ssoAdmin, checker, clock } = world
    const ours = ssoAdmin.assignments().filter((one) => checker.isOurs(nameOf(one)) && !isBusy(one.accountId, world))
    const target = nthOf(ours, nth)
    if (!target) return
    world.wasDrifted = true
    take(target, world)
    if (backAfterMs === undefined) return
    await clock.advance(backAfterMs)
    if (!ssoAdmin.isAssigned(target) && !isBusy(target.accountId, world)) give(target, world)
  },
  'check for drift': (world: SimulatedWorld) => void world.deployment.everyNight(),
}

/** Listings count against our own calls after five minutes; clocks may be a little off. */
export const settlingMs = 6 * 60_000

function give(target: AssignmentTarget, world: SimulatedWorld): void {
  world.checker.noteForeign(target)
  world.ssoAdmin.addAssignment(target)
  world.tellByHand('CreateAccountAssignment', target)
}

function take(target: AssignmentTarget, world: SimulatedWorld): void {
  world.ssoAdmin.removeAssignment(target)
  world.tellByHand('DeleteAccountAssignment', target)
}

/** While a request in an account is in progress, AWS refuses any other there, also from the console (ConflictException). */
function isBusy(accountId: string, { ssoAdmin }: SimulatedWorld): boolean {
  return ssoAdmin.outstandingRequests().some(({ target }) => target.accountId === accountId)
}

/** `undefined`: something is missing, or the account is busy. */
function findTarget(action: Target & Set, world: SimulatedWorld): AssignmentTarget | undefined {
  const { type: principalType, name } = splitPrincipal(action.principal)
  const id = world.identityStore.idOf(principalType, name)
  const permissionSetArn = world.ssoAdmin.permissionSetArnOf(action.permissionSet)
  const found = world.accountNow(action.account)
  if (!id || !permissionSetArn || found?.state !== 'ACTIVE' || isBusy(found.id, world)) return undefined
  return { accountId: found.id, permissionSetArn, principalId: principalId.parse(id), principalType }
}

/** An operator removes the access of this ledger entry by hand. */
export function takeAway(world: SimulatedWorld, key: string, entry: Readonly<Record<string, unknown>>): void {
  const name = recordedName(key, entry)
  for (const target of world.ssoAdmin.assignments().filter((one) => nameOf(one) === name)) {
    world.wasDrifted = true
    world.ssoAdmin.removeAssignment(target)
  }
}
