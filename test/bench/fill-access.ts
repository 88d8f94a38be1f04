import { ledgerPrefix } from '../../shared/domain/assignments/ledger-entry.ts'
import { accountId } from '../../shared/domain/organization/account-id.ts'
import { stablePrincipalId } from '../../shared/memory/fill-from-organization-file.ts'
import { organizationFile } from '../../shared/memory/organization-file.ts'
import { OrganizationCache } from '../../shared/reconcile/organization/organization-cache.ts'
import { World } from '../world.ts'

const groupsOfDirectory = 200
const sets = 40
const membershipsOfUser = 2

export const accountOf = (index: number) => String(300_000_000_000 + index)
const groupOf = (index: number) => `group-${index % groupsOfDirectory}`
export const userOf = (index: number) => `user-${index}@acme.example`
const setOf = (index: number) => `Set-${index % sets}`

/** How long answers take within a Region. */
export const answerMs = { objects: 15, ssoAdmin: 40, identityStore: 40, organizations: 40, queues: 15 }

export type AccessSize = { readonly accounts: number; readonly assignments: number; readonly users: number }

/** Access of groups in each account, as a ledger has it, with members that overlap. */
export async function fillAccess({ accounts, assignments, users }: AccessSize): Promise<World> {
  const numbers = (count: number) => Array.from({ length: count }, (_, index) => index)
  const organization = organizationFile.parse({
    managementAccountId: '111111111111',
    root: {
      id: 'r-acme',
      accounts: ['111111111111', ...numbers(accounts).map(accountOf)].map((id) => {
        return { id, name: `account-${id}`, email: `aws+${id}@acme.example`, tags: {} }
      }),
      organizationalUnits: [],
    },
    groups: numbers(groupsOfDirectory).map(groupOf),
    users: numbers(users).map(userOf),
    permissionSets: numbers(sets).map((index) => {
      return { permissionSetName: setOf(index), managedPoliciesArnList: ['arn:aws:iam::aws:policy/ReadOnlyAccess'] }
    }),
  })
  const world = new World({ organization })
  for (const user of numbers(users))
    for (const group of numbers(membershipsOfUser)) {
      const groupId = stablePrincipalId('GROUP', groupOf(user * membershipsOfUser + group))
      await world.identityStore.createGroupMembership(groupId, stablePrincipalId('USER', userOf(user)))
      await world.clock.advance(60)
    }
  for (const account of numbers(accounts))
    for (const assignment of numbers(assignments)) await give(world, account, account + assignment)
  await world.finish(new OrganizationCache(world.ports, []).rebuild())
  return world
}

async function give(world: World, account: number, group: number): Promise<void> {
  const permissionSetArn = world.ssoAdmin.permissionSetArnOf(setOf(group))
  if (permissionSetArn === undefined) throw new Error(`received no ARN of ${setOf(group)}, expected one`)
  const principalId = stablePrincipalId('GROUP', groupOf(group))
  const id = accountOf(account)
  world.ssoAdmin.addAssignment({
    accountId: accountId.parse(id),
    permissionSetArn,
    principalId,
    principalType: 'GROUP',
  })
  const name = `account%${id}%${setOf(group)}%${groupOf(group)}%GROUP%ssofile`
  const at = '2026-03-03T10:00:00.000Z'
  const by = { principalId: 'AWS:maria', at }
  const links = [{ key: `links_data/${name}`, etag: 'd41d8cd98f00b204e9800998ecf8427e', lastModified: at, by }]
  const entry = {
    v: 1,
    state: 'granted',
    principalId,
    permissionSetArn,
    links,
    grantedAt: at,
    attempts: 0,
    updatedAt: at,
  }
  await world.objects.put(ledgerPrefix + name, JSON.stringify(entry))
}

/** A row for each member of each assignment. */
export function expectedRows({ accounts, assignments, users }: AccessSize): number {
  return (accounts * assignments * users * membershipsOfUser) / groupsOfDirectory
}
