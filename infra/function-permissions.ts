import { allJobs } from '../handlers/schedules.ts'
import type { Environment } from '../shared/domain/deployment/environment.ts'
import { allKinds, kinds } from '../shared/domain/inputs/kinds.ts'
import { type FunctionName, functionNames } from '../shared/ports/deployment-settings.ts'
import type { ScheduledFunction } from '../shared/ports/metrics.ts'
import type { WorkedQueue } from '../shared/ports/queues.ts'
import {
  joinRights,
  operatorRights,
  plannerRights,
  type Rights,
  rightsByKinds,
  rightsOfFunctions,
  rightsOfPageOperators,
  rightsToAsk,
} from '../shared/ports/rights.ts'

/** A role of a deployment: of a function, the one that operators assume, or one that plans. */
export type RoleName = FunctionName | 'operator' | 'planner'

/** The settings that add rights: API and page have fewer if people do less by them, and only some environments write users. */
type Settings = Pick<Environment, 'provisioning' | 'directory'> & {
  readonly page?: { readonly operators: readonly string[] } | undefined
}

const everything: Settings = {
  provisioning: { links: 'both', permissionSets: 'both', requests: 'both' },
  directory: 'identity-center',
  page: { operators: ['operators'] },
}

const known = { kinds: allKinds(), rights: new Map<RoleName, Rights>() }

/** The rights of a role in an environment in which it has most. The local system asks at each request. */
export function permissionsOf(role: RoleName): Rights {
  if (known.kinds !== allKinds()) Object.assign(known, { kinds: allKinds(), rights: new Map() })
  const rights = known.rights.get(role) ?? permissionsIn(everything, role)
  known.rights.set(role, rights)
  return rights
}

/** The rights of a role in one environment. */
export function permissionsIn({ provisioning, directory, page }: Settings, role: RoleName): Rights {
  if (role === 'operator') return joinRights(operatorRights)
  if (role === 'planner') return joinRights(plannerRights())
  const hasPeople = directory === 'identity-center'
  const asks = role === 'page' || (role === 'api' && provisioning.requests !== 's3')
  const rights = joinRights(
    isScheduled(role) ? rightsOfSchedule(role) : rightsOfFunctions[role],
    rightsByKinds(role, (kind) => hasPeople || kind !== kinds.person),
    hasPeople && role === 'requests' ? { directory: 'people' } : {},
    asks ? rightsToAsk() : {},
    role === 'page' && page?.operators.length ? rightsOfPageOperators : {},
  )
  // No function writes inputs that come by S3 only.
  const isByS3 = (place: string) =>
    (place === kinds.link.at && provisioning.links === 's3') ||
    (place === kinds.permissionSet.at && provisioning.permissionSets === 's3')
  const { read = [], write = [] } = rights
  return { ...rights, read: [...read, ...write.filter(isByS3)], write: write.filter((place) => !isByS3(place)) }
}

function isScheduled(name: FunctionName): name is ScheduledFunction {
  return Object.hasOwn(allJobs, name)
}

/** The rights of its jobs, and recording its runs. */
function rightsOfSchedule(name: ScheduledFunction): Rights {
  return joinRights(...allJobs[name]().map(({ rights }) => rights), { put: [`state/schedules/${name}`] })
}

/** Whether a role may write keys with this beginning. */
export function mayWrite(environment: Environment, role: RoleName, prefix: string): boolean {
  const { write = [], put = [] } = permissionsIn(environment, role)
  return [...write, ...put].some((written) => written.startsWith(prefix))
}

export function producersOf(queue: WorkedQueue): readonly FunctionName[] {
  return functionNames.filter((name) => permissionsOf(name).send?.includes(queue))
}

/** Organizations API, read only. */
export const organizationsActions = {
  everywhere: ['DescribeOrganization', 'ListAccounts', 'ListRoots'],
  accounts: ['DescribeAccount', 'ListTagsForResource'],
  organizationalUnits: ['DescribeOrganizationalUnit'],
} as const

export const directoryActions = [
  'GetGroupId',
  'GetUserId',
  'DescribeGroup',
  'DescribeUser',
  'ListGroups',
  'ListUsers',
] as const

/** Further calls for the members of groups. */
export const memberActions = ['ListGroupMemberships'] as const
/** Further calls for the groups of a user. */
export const groupActions = ['ListGroupMembershipsForMember'] as const
export const groupChangeActions = [
  'CreateGroup',
  'CreateGroupMembership',
  'DeleteGroup',
  'DeleteGroupMembership',
  'GetGroupMembershipId',
  'UpdateGroup',
] as const

export const peopleChangeActions = ['CreateUser', 'DeleteUser', 'UpdateUser'] as const

export function directoryActionsOf({ directory }: Rights): readonly string[] {
  if (directory === undefined) return []
  return [
    ...directoryActions,
    ...(directory === 'read' || directory === 'groups' ? [] : memberActions),
    ...(directory === 'read' || directory === 'members' ? [] : groupActions),
    ...(directory === 'memberships' ? ['GetGroupMembershipId'] : []),
    ...(directory === 'change' || directory === 'people' ? groupChangeActions : []),
    ...(directory === 'people' ? peopleChangeActions : []),
  ]
}

/** The actions of IAM Access Analyzer. Neither supports limits by resource. (Service Authorization Reference, "IAM Access Analyzer".) */
export const policyCheckActions = ['CheckNoNewAccess', 'ValidatePolicy'] as const

export const accountAccessActions = { everywhere: ['ListApplications'], applications: ['ListEntitlements'] } as const

export function accountAccessActionsOf({ accountAccess }: Rights): readonly string[] {
  return accountAccess === undefined ? [] : Object.values(accountAccessActions).flat()
}

export const applicationReads = ['GetApplicationAccessScope', 'ListApplications'] as const

/** Every other operation of the SSO Admin adapter except ListInstances. Names of reading ones begin as in `reading`. */
export const identityCenterActions = [
  'AttachCustomerManagedPolicyReferenceToPermissionSet',
  'AttachManagedPolicyToPermissionSet',
  'CreateAccountAssignment',
  'CreateInstanceAccessControlAttributeConfiguration',
  'CreatePermissionSet',
  'DeleteAccountAssignment',
  'DeleteInlinePolicyFromPermissionSet',
  'DeletePermissionSet',
  'DeletePermissionsBoundaryFromPermissionSet',
  'DescribeAccountAssignmentCreationStatus',
  'DescribeAccountAssignmentDeletionStatus',
  'DescribeInstance',
  'DescribeInstanceAccessControlAttributeConfiguration',
  'DescribePermissionSet',
  'DescribePermissionSetProvisioningStatus',
  'DetachCustomerManagedPolicyReferenceFromPermissionSet',
  'DetachManagedPolicyFromPermissionSet',
  'GetInlinePolicyForPermissionSet',
  'GetPermissionsBoundaryForPermissionSet',
  'ListAccountAssignmentCreationStatus',
  'ListAccountAssignmentDeletionStatus',
  'ListAccountAssignments',
  'ListAccountAssignmentsForPrincipal',
  'ListAccountsForProvisionedPermissionSet',
  'ListCustomerManagedPolicyReferencesInPermissionSet',
  'ListManagedPoliciesInPermissionSet',
  'ListPermissionSetProvisioningStatus',
  'ListPermissionSets',
  'ListPermissionSetsProvisionedToAccount',
  'ListTagsForResource',
  'ProvisionPermissionSet',
  'PutInlinePolicyToPermissionSet',
  'PutPermissionsBoundaryToPermissionSet',
  'TagResource',
  'UntagResource',
  'UpdateInstanceAccessControlAttributeConfiguration',
  'UpdatePermissionSet',
] as const

const reading = /^(Describe|Get|List)/
export const identityCenterReads = identityCenterActions.filter((action) => reading.test(action))

export function identityCenterActionsOf({ identityCenter = 'instance' }: Rights): readonly string[] {
  const instance: readonly string[] = []
  const actions = { instance, applications: applicationReads, read: identityCenterReads, change: identityCenterActions }
  return actions[identityCenter]
}
