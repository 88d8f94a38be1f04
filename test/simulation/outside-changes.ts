import { permissionSetName } from '../../shared/domain/permission-sets/permission-set-name.ts'
import { principalId } from '../../shared/domain/principals/identity-center-ids.ts'
import type { PrincipalType } from '../../shared/domain/principals/principal.ts'
import type { AssignmentTarget } from '../../shared/ports/sso-admin.ts'
import type { Action } from './action.ts'
import { noteDrift } from './drift-actions.ts'
import { nameOf, recordedName } from './oracle/names.ts'
import type { SimulatedWorld } from './simulated-world.ts'

type Doing<Name extends Action['do']> = Extract<Action, { readonly do: Name }>

/** While a request of an account is in progress, AWS refuses any other there: also from the console (ConflictException). */
export function isBusy(accountId: string, ssoAdmin: SimulatedWorld['ssoAdmin']): boolean {
  return ssoAdmin.outstandingRequests().some(({ target }) => target.accountId === accountId)
}

/** `undefined`: something is missing, or the account is busy. */
function findTarget(
  action: { readonly account: string; readonly principal: string; readonly permissionSet: string },
  { identityStore, ssoAdmin, organizations }: SimulatedWorld,
): AssignmentTarget | undefined {
  const [type, name = ''] = action.principal.split('/')
  const principalType: PrincipalType = type === 'USER' ? 'USER' : 'GROUP'
  const id = identityStore.idOf(principalType, name)
  const permissionSetArn = ssoAdmin.permissionSetArnOf(action.permissionSet)
  const account = organizations.accountsNow().find(({ id: candidate }) => candidate === action.account)
  if (!id || !permissionSetArn || account?.state !== 'ACTIVE') return undefined
  if (isBusy(account.id, ssoAdmin)) return undefined
  return { accountId: account.id, permissionSetArn, principalId: principalId.parse(id), principalType }
}

export function assignInConsole(action: Doing<'assign in the console'>, world: SimulatedWorld): void {
  const target = findTarget(action, world)
  if (!target) return
  world.checker.noteForeign(target)
  world.ssoAdmin.addAssignment(target)
  world.tellByHand('CreateAccountAssignment', target)
}

export function removeInConsole(action: Doing<'remove in the console'>, world: SimulatedWorld): void {
  const target = findTarget({ ...action, permissionSet: 'First-ps' }, world)
  if (!target || world.checker.isDesired(target)) return
  // What ssofile gave, and holds.
  if (world.checker.isOurs(target)) noteDrift(target, world)
  world.ssoAdmin.removeAssignment(target)
  world.tellByHand('DeleteAccountAssignment', target)
}

/** An operator takes away by hand what this ledger entry records. */
export function takeAway(world: SimulatedWorld, key: string, entry: Readonly<Record<string, unknown>>): void {
  const name = recordedName(key, entry)
  for (const target of world.ssoAdmin.assignments().filter((one) => nameOf(one) === name)) {
    world.wasDrifted = true
    world.ssoAdmin.removeAssignment(target)
  }
}

/** Others delete a permission set of theirs and make it again: the same name, another ARN. AWS refuses while it is in use. */
export async function makeConsolePermissionSetAnew(world: SimulatedWorld): Promise<void> {
  const { ssoAdmin, checker, names } = world
  const arn = ssoAdmin.permissionSetArnOf('Console-ps')
  // The name stays known when the permission set is gone.
  if (arn) names.permissionSet(arn)
  if (!arn || ssoAdmin.outstandingRequests().some(({ target }) => target.permissionSetArn === arn)) return
  const assigned = ssoAdmin.assignments().filter(({ permissionSetArn }) => permissionSetArn === arn)
  if (assigned.some((target) => checker.isOurs(target))) return
  // Links may want what others gave: that it is gone no event tells.
  if (assigned.length > 0) world.wasDrifted = true
  for (const target of assigned) ssoAdmin.removeAssignment(target)
  await ssoAdmin.deletePermissionSet(arn)
  await ssoAdmin.createPermissionSet({ name: permissionSetName.parse('Console-ps'), sessionDuration: 'PT1H', tags: [] })
  checker.noteDesired()
}

export async function changeOrganization(
  action: Doing<
    | 'create an account'
    | 'suspend an account'
    | 'reinstate the account'
    | 'close an account'
    | 'an account leaves'
    | 'create an organizational unit and move an account there'
  >,
  world: SimulatedWorld,
): Promise<void> {
  const { organizations, checker } = world
  if (action.do === 'create an account') await createAccount(action, world)
  else {
    const account = organizations.accountsNow().find(({ id }) => id === action.account)
    const parent = account?.parents.at(-1)
    if (!account || !parent) return
    // Only Support reinstates, and no event tells of either.
    if (action.do === 'suspend an account' || action.do === 'reinstate the account') {
      world.eventFaults.lost++
      world.wasEventLost = true
    }
    if (action.do === 'suspend an account') world.wasSuspended = true
    if (action.do === 'suspend an account') organizations.suspendAccount(account.id)
    if (action.do === 'reinstate the account') organizations.reinstateAccount(account.id)
    if (action.do === 'close an account' && account.state === 'ACTIVE') {
      await organizations.closeAccount(account.id)
      // The world comes to rest while it still closes, where that takes hours.
      if (world.closureMs <= 60_000) settleLater(world, world.closureMs + 1)
    }
    // Only reconciles find that it is gone.
    if (action.do === 'an account leaves') world.wasDisturbed = true
    if (action.do === 'an account leaves') await organizations.removeAccountFromOrganization(account.id)
    if (action.do === 'create an organizational unit and move an account there') {
      const { id } = await organizations.createOrganizationalUnit(
        parent,
        `unit ${world.steps} ${world.clock.monotonicMs()}`,
      )
      await organizations.moveAccount(account.id, parent, id)
    }
  }
  checker.noteDesired()
}

async function createAccount({ unit, team }: Doing<'create an account'>, world: SimulatedWorld): Promise<void> {
  const { organizations, steps, clock, checker } = world
  const name = `created-${steps}-${clock.monotonicMs()}`
  const { accountId } = await organizations.createAccount({
    accountName: name,
    email: `${name}@example.com`,
    tags: { team },
  })
  const arrive = async () => {
    const root = organizations
      .accountsNow()
      .find(({ id }) => id === accountId)
      ?.parents.at(-1)
    if (accountId && root) await organizations.moveAccount(accountId, root, unit)
    checker.noteDesired()
  }
  world.later(1_001, arrive)
}

/** What takes a while comes about, and is reported, when its time has come. */
function settleLater(world: SimulatedWorld, ms: number): void {
  const { organizations, checker } = world
  world.later(ms, () => {
    organizations.settle()
    checker.noteDesired()
  })
}

export async function changeDirectory(
  action: Doing<'rename a group' | 'two groups swap names' | 'delete a group and make it again'>,
  world: SimulatedWorld,
): Promise<void> {
  const { identityStore, checker } = world
  const rename = async (from: string, to: string) => {
    const id = identityStore.idOf('GROUP', from)
    if (!id || identityStore.idOf('GROUP', to)) return
    world.names.principal(id)
    await identityStore.updateGroup(id, [{ path: 'displayName', value: to }])
  }
  if (action.do === 'rename a group') await rename(action.from, action.to)
  if (action.do === 'two groups swap names') {
    await rename('team one', 'team-between')
    await rename('team-2', 'team one')
    await rename('team-between', 'team-2')
  }
  if (action.do === 'delete a group and make it again') {
    const id = identityStore.idOf('GROUP', action.name)
    if (!id) return
    world.names.principal(id)
    await identityStore.deleteGroup(id)
    const makeAnew = async () => {
      if (!identityStore.idOf('GROUP', action.name)) await identityStore.createGroup({ displayName: action.name })
      checker.noteDesired()
    }
    world.later(action.afterMs, makeAnew)
  }
  checker.noteDesired()
}
