import { type Assignment, renderAssignmentKey } from '../shared/domain/assignments/assignment.ts'
import type { LedgerEntry } from '../shared/domain/assignments/ledger-entry.ts'
import { permissionSetName } from '../shared/domain/permission-sets/permission-set-name.ts'
import { principalName } from '../shared/domain/principals/principal.ts'
import { type OrganizationFile, parseOrganizationFile } from '../shared/memory/organization-file.ts'
import type { AssignmentTarget } from '../shared/ports/sso-admin.ts'
import { World, type WorldOptions } from './world.ts'

export type InForce = { readonly accounts: number; readonly groups: number; readonly permissionSets: number }

/** An assignment of such a world, as the ledger and as Identity Center names it. */
export type Granted = { readonly assignment: Assignment; readonly target: AssignmentTarget }

/**
 * A world in which each group has one of the permission sets in all accounts, by a root link: in the files, in the ledger
 * and in Identity Center, without having been granted one by one.
 */
export async function openWorldInForce(
  { accounts, groups, permissionSets }: InForce,
  options: WorldOptions = {},
): Promise<{ readonly world: World; readonly granted: readonly Granted[] }> {
  const sets = Array.from({ length: permissionSets }, (_, index) => `Set-${index + 1}`)
  const world = new World({ organization: organizationOf(accounts, groups, sets), ...options })
  const granted: Granted[] = []
  for (let index = 0; index < groups; index++) {
    const grant = {
      permissionSet: permissionSetName.parse(sets[index % permissionSets]),
      principal: principalName.parse(`group ${index + 1}`),
      type: 'GROUP' as const,
    }
    const principalId = world.identityStore.idOf('GROUP', grant.principal)
    const permissionSetArn = world.ssoAdmin.permissionSetArnOf(grant.permissionSet)
    if (!principalId || !permissionSetArn) throw new Error(`${grant.principal} or its permission set is missing`)
    const link = `links_data/root%all%${grant.permissionSet}%${grant.principal}%GROUP%ssofile`
    await world.objects.put(link, '')
    for (const { id: accountId } of world.organizations.accountsNow()) {
      if (accountId === world.organizations.managementAccountIdNow) continue
      granted.push({
        assignment: { ...grant, accountId },
        target: { accountId, permissionSetArn, principalId, principalType: 'GROUP' },
      })
    }
  }
  for (const one of granted) await putInForce(world, one)
  return { world, granted }
}

/** Granted an hour ago: listings are believed by now. */
async function putInForce(world: World, { assignment, target }: Granted): Promise<void> {
  const at = new Date(world.clock.now().getTime() - 60 * 60_000).toISOString()
  const link = `links_data/root%all%${assignment.permissionSet}%${assignment.principal}%GROUP%ssofile`
  const head = await world.objects.head(link)
  const { principalId, permissionSetArn } = target
  const entry: LedgerEntry = {
    v: 1,
    state: 'granted',
    principal: assignment.principal,
    principalId,
    permissionSetArn,
    links: [{ key: link, etag: head?.etag ?? '', lastModified: head?.lastModified.toISOString() ?? at }],
    grantedAt: at,
    attempts: 0,
    updatedAt: at,
  }
  await world.objects.put(`assignments/${renderAssignmentKey({ ...assignment, principalId })}`, JSON.stringify(entry))
  world.ssoAdmin.addAssignment(target)
}

function organizationOf(accounts: number, groups: number, sets: readonly string[]): OrganizationFile {
  const ids = Array.from({ length: accounts + 1 }, (_, index) => String(200_000_000_000 + index))
  const file = parseOrganizationFile('the organization of this world', {
    managementAccountId: ids[0],
    root: {
      id: 'r-many',
      accounts: ids.map((id) => ({ id, name: `account-${id}`, email: `${id}@many.example`, tags: {} })),
      organizationalUnits: [],
    },
    groups: Array.from({ length: groups }, (_, index) => `group ${index + 1}`).concat('outsiders'),
    users: ['uma@many.example'],
    permissionSets: sets.map((permissionSetName) => ({ permissionSetName })),
  })
  if (!file.ok) throw new Error(file.complaint.received)
  return file.value
}
