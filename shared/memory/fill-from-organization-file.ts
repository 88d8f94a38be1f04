import {
  type PermissionSetFile,
  parsePermissionSetFile,
  permissionSetKey,
} from '../domain/permission-sets/permission-set-file.ts'
import { renderSessionDuration } from '../domain/permission-sets/session-duration.ts'
import type { PrincipalId } from '../domain/principals/identity-center-ids.ts'
import { principalId } from '../domain/principals/identity-center-ids.ts'
import type { PrincipalType } from '../domain/principals/principal.ts'
import { renderComplaint } from '../domain/statuses/complaint.ts'
import type { NewPermissionSet } from '../ports/sso-admin.ts'
import type { MemoryIdentityStore } from './identity-store/memory-identity-store.ts'
import type { AccountInFile, OrganizationFile, UnitInFile } from './organization-file.ts'
import type { MemoryOrganizations } from './organizations/memory-organizations.ts'
import type { MemorySsoAdmin } from './sso-admin/memory-sso-admin.ts'
import { stableHex, stableUuid } from './stable-id.ts'

export type IdentityCenterModels = {
  readonly organizations: MemoryOrganizations
  readonly identityStore: MemoryIdentityStore
  readonly ssoAdmin: MemorySsoAdmin
}

// Before any act of a test or a user.
const joinedAt = new Date('2020-01-01T00:00:00Z')

/**
 * Fills empty models from the file, without counting calls. Ids that the file lacks derive from names, so that they are equal in every run.
 * Throws if a permission set is not valid.
 */
export function fillFromOrganizationFile(file: OrganizationFile, models: IdentityCenterModels): void {
  fillOrganization(file, models.organizations)
  for (const name of file.groups) models.identityStore.addPrincipal('GROUP', stablePrincipalId('GROUP', name), name)
  for (const name of file.users) models.identityStore.addPrincipal('USER', stablePrincipalId('USER', name), name)
  for (const [group, members] of Object.entries(file.members))
    for (const user of members) {
      const [groupId, userId] = [stablePrincipalId('GROUP', group), stablePrincipalId('USER', user)]
      models.identityStore.addMember(stableUuid(`membership ${group} ${user}`), groupId, userId)
    }
  fillSsoAdmin(file, models)
}

export function stablePrincipalId(type: PrincipalType, name: string): PrincipalId {
  return principalId.parse(stableUuid(`${type} ${name}`))
}

function fillOrganization({ managementAccountId, root }: OrganizationFile, organizations: MemoryOrganizations): void {
  const id = `o-${stableHex(`organization of ${managementAccountId}`, 10)}`
  organizations.found({ id, rootId: root.id, managementAccountId, rootTags: {} })
  fillContainer(root, organizations)
}

function fillContainer(
  container: {
    readonly id: string
    readonly accounts: readonly AccountInFile[]
    readonly organizationalUnits: readonly UnitInFile[]
  },
  organizations: MemoryOrganizations,
): void {
  const { id: parentId, accounts, organizationalUnits } = container
  for (const account of accounts) {
    const isManagement = account.id === organizations.managementAccountIdNow
    organizations.addAccount({ ...account, parentId, joinedAt, joinedMethod: isManagement ? 'INVITED' : 'CREATED' })
  }
  for (const unit of organizationalUnits) {
    organizations.addUnit({ id: unit.id, name: unit.name, parentId, tags: {} })
    fillContainer(unit, organizations)
  }
}

function fillSsoAdmin(file: OrganizationFile, { ssoAdmin, identityStore }: IdentityCenterModels): void {
  for (const entry of file.permissionSets) {
    const key = permissionSetKey(entry.permissionSetName)
    const result = parsePermissionSetFile(key, new TextEncoder().encode(JSON.stringify(entry)))
    if (!result.ok) throw new Error(`permissionSets of the organization file: ${renderComplaint(result.complaint)}`)
    const permissionSet = result.value
    const digits = stableHex(`permission set ${permissionSet.name}`, 16)
    ssoAdmin.addPermissionSet(toNewPermissionSet(permissionSet), digits, permissionSet)
  }
  for (const { account: accountId, permissionSet, principal, type: principalType } of file.assignments) {
    const permissionSetArn = ssoAdmin.permissionSetArnOf(permissionSet)
    const id = identityStore.idOf(principalType, principal)
    if (permissionSetArn === undefined || id === undefined)
      throw new Error(`assignments of the organization file: ${permissionSet} or '${principal}' is not in the file`)
    ssoAdmin.addAssignment({ accountId, permissionSetArn, principalId: id, principalType })
  }
}

function toNewPermissionSet(file: PermissionSetFile): NewPermissionSet {
  const { name, description, relayState, sessionDurationMinutes, tags } = file
  return { name, sessionDuration: renderSessionDuration(sessionDurationMinutes), tags, description, relayState }
}
