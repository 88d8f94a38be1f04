import type { Environment } from '../shared/domain/deployment/environment.ts'
import type { FunctionName } from '../shared/ports/deployment-settings.ts'
import type { WorkedQueue } from '../shared/ports/queues.ts'

/** A prefix of the bucket, or one key; `''`: all of it. */
type Prefix =
  | ''
  | 'links_data/'
  | 'permission_sets/'
  | 'links_data/temporary/'
  | 'requests/'
  | 'approvals/'
  | 'suspended/'
  | 'groups/'
  | 'memberships/'
  | 'rules/'
  | 'people/'
  | 'owned_people/'
  | 'history/people/'
  | 'owned_groups/'
  | 'owned_attributes/'
  | 'access_control_attributes.json'
  | 'owned_memberships/'
  | 'eligibility/'
  | 'policies/'
  | 'selectors/'
  | 'access/'
  | 'assignments/'
  | 'owned_permission_sets/'
  | 'foreign/'
  | 'changes/'
  | 'reports/'
  | 'reports/leavers/'
  | 'history/'
  | 'history/requests/'
  | 'history/suspensions/'
  | 'history/groups/'
  | 'history/memberships/'
  | 'history/leavers/'
  | 'status/'
  | 'status/permission_sets/'
  | 'status/too-many/'
  | 'status/break-glass/'
  | 'attention/'
  | 'attention/failed/break-glass/'
  | 'control/dispatcher.json'
  | 'control/brake.json'
  | 'control/owner.json'
  | 'control/configuration.json'
  | 'control/ledger.json'
  | 'control/pause.json'
  | 'control/configured.json'
  | 'control/ended-sessions.json'
  | 'control/resumed.json'
  | 'state/'
  | 'state/failures/'
  | 'state/signed-out/'
  | 'state/eligibilities.json'
  | 'state/expiry/'
  | 'state/deletions/'
  | 'state/drift.json'
  | 'state/people.json'
  | 'state/policies.json'
  | 'state/selectors.json'
  | 'state/organization.json'
  | 'state/reconcile.json'
  | 'state/notifications.json'
  | 'state/report/'
  | 'state/credentials/'
  | 'state/permissions/'
  | 'retire/'
  | 'retired/'
  | 'status/retire/'
  | 'history/retire/'
  | 'hygiene.json'
  | 'status/hygiene.json.json'
  | 'attention/rejected/hygiene.json'
  | 'reports/credentials/'
  | 'reports/permissions/'
  | 'reports/permissions.csv'
  | 'reports/permissions.json'

/**
 * What a function may do besides its own queue, its logs, the key, listing the bucket's names and reading
 * `control/owner.json`. A missing object is 403 for a caller that may not list, and 403 is never absence, so all may list.
 * (S3 API Reference, GetObject.)
 */
export type FunctionPermissions = {
  readonly read?: readonly Prefix[]
  /** Put, delete and read: If-Match needs the permission to read too. (S3 User Guide, "Conditional writes".) */
  readonly write?: readonly Prefix[]
  /** Put and read: what is never deleted. */
  readonly put?: readonly Prefix[]
  readonly send?: readonly WorkedQueue[]
  /** Versions of objects that are not the newest. */
  readonly versions?: 'read'
  /** Queues that it receives from by itself. */
  readonly receive?: readonly WorkedQueue[]
  readonly organizations?: 'read'
  /** `members`: names, and the members of groups. `groups`: with the groups of a user. `memberships`: with their ids. `change`: and makes groups and memberships. `people`: and makes, changes and deletes users. */
  readonly directory?: 'read' | 'members' | 'groups' | 'memberships' | 'change' | 'people'
  /** `instance`: find the instance only. `read`: what lists, gets and describes. `change`: all that the adapter calls. */
  readonly identityCenter?: 'instance' | 'read' | 'change'
  /** Account access manager: who may assume existing roles. */
  readonly accountAccess?: 'read'
  /** Look up a role that Identity Center made in ssofile's own account. */
  readonly ownRoles?: 'read'
  /** Assume the auditor's role in the accounts, if one is configured. */
  readonly auditorRole?: 'assume'
  /** Assume the role in the accounts that retires credentials, if one is configured. */
  readonly hygieneRole?: 'assume'
  /** IAM Access Analyzer's checks of policies that nobody has uploaded yet. */
  readonly policyChecks?: 'ask'
  /** The secret of the page: of its client at the provider, and the keys of its cookies. */
  readonly pageSecret?: 'read'
  /** `publish`: put events on the bus of outcomes. `deliver`: send digests, by mail and by webhooks whose URLs are secrets. */
  readonly outcomes?: 'publish' | 'deliver'
}

const lanes = ['work-urgent', 'work', 'work-bulk'] as const
const ofPeople = ['requests', 'people', 'urgent'] as const
const reconciling = {
  read: [''],
  write: ['access/', 'attention/', 'state/', 'status/too-many/'],
  send: ['links', 'permission-sets', ...lanes, 'dispatch'],
} as const satisfies FunctionPermissions

/** What the API may do where people ask for temporary access by S3 alone. */
export const apiWithoutRequests = {
  // Who is suspended acts through no door.
  read: ['status/', 'policies/', 'suspended/'],
  write: ['links_data/', 'permission_sets/'],
  put: ['state/deletions/'],
  // Who calls: an ARN of a session tells the name of a role, and not its path.
  ownRoles: 'read',
  // And whether the person of that session may act.
  directory: 'read',
  identityCenter: 'instance',
} as const satisfies FunctionPermissions

/**
 * What the page may do in an environment without `page.operators`: what the API may do for temporary access, and read what it
 * shows, which is who has what and the descriptions of permission sets.
 */
export const pageWithoutOperators = {
  read: [
    'status/',
    'requests/',
    'approvals/',
    'eligibility/',
    'selectors/',
    'permission_sets/',
    // Who is suspended acts through no door.
    'suspended/',
    'policies/',
    'state/eligibilities.json',
    'state/organization.json',
  ],
  write: ['requests/', 'approvals/', 'state/signed-out/'],
  put: ['state/deletions/'],
  organizations: 'read',
  directory: 'groups',
  identityCenter: 'instance',
  pageSecret: 'read',
} as const satisfies FunctionPermissions

/** What the function that looks at requests, groups and memberships may do where a provider keeps the users. */
const requestsWithoutPeople = {
  read: [
    'requests/',
    'approvals/',
    'suspended/',
    'groups/',
    'memberships/',
    'rules/',
    'access_control_attributes.json',
    'policies/',
    'eligibility/',
    'selectors/',
    'owned_permission_sets/',
    // A group is not deleted while a link names it. Under a pause nothing is.
    'links_data/',
    'control/pause.json',
    // What somebody has, and had, who is suspended.
    'assignments/',
    'foreign/',
    'history/',
    'control/owner.json',
  ],
  write: ['links_data/temporary/', 'owned_groups/', 'owned_memberships/', 'status/', 'attention/', 'state/'],
  put: [
    'history/requests/',
    'history/suspensions/',
    'history/groups/',
    'history/memberships/',
    'changes/',
    'reports/leavers/',
    'control/brake.json',
    'control/ended-sessions.json',
  ],
  // What somebody has who is suspended, and links of somebody who is so no longer.
  send: [...ofPeople, 'links', ...lanes, 'dispatch'],
  organizations: 'read',
  // Groups that files ask for, and who is in them. Users are in another part, which only the directory of Identity Center has.
  directory: 'change',
  identityCenter: 'instance',
} as const satisfies FunctionPermissions

/** The simulation fails for a call that is not granted, and its test for a grant that is never used. */
export const functionPermissions: Readonly<Record<FunctionName, FunctionPermissions>> = {
  router: { write: ['state/failures/'], send: ['links', 'permission-sets', ...ofPeople] },
  links: {
    read: ['links_data/', 'policies/', 'selectors/'],
    write: ['status/', 'attention/', 'state/'],
    send: ['links', ...lanes, 'dispatch'],
    organizations: 'read',
  },
  'permission-sets': {
    read: ['permission_sets/', 'state/deletions/'],
    // What AWS refuses is looked at again after a minute.
    write: ['status/', 'attention/', 'state/failures/', 'state/expiry/'],
    // What has failed is tried again in a group of its own.
    send: ['permission-sets', ...lanes, 'dispatch'],
  },
  requests: {
    ...requestsWithoutPeople,
    read: [...requestsWithoutPeople.read, 'people/'],
    // Whose time is over by a file under `people/`, is suspended by a file.
    write: [...requestsWithoutPeople.write, 'owned_people/', 'suspended/'],
    put: [...requestsWithoutPeople.put, 'history/people/'],
    directory: 'people',
  },
  events: {
    ...reconciling,
    // Who was seen leaving.
    put: ['changes/', 'history/leavers/'],
    // After memberships have changed; urgent: of who is suspended.
    send: [...reconciling.send, ...ofPeople],
    organizations: 'read',
    directory: 'read',
    identityCenter: 'instance',
  },
  hourly: {
    ...reconciling,
    put: ['changes/', 'history/leavers/'],
    // urgent: a suspension that came before its user.
    send: [...reconciling.send, ...ofPeople],
    organizations: 'read',
    // Members: who is in groups of ours.
    directory: 'members',
    identityCenter: 'instance',
  },
  sweep: { ...reconciling, put: ['control/ledger.json'], send: [...reconciling.send, ...ofPeople, 'events'] },
  // Its beginning is told by S3's clock.
  nightly: { read: ['control/owner.json'], put: ['state/drift.json'], send: [...lanes, 'dispatch'] },
  report: {
    read: [''],
    // Findings of break-glass, as long as they last.
    write: ['state/report/', 'status/break-glass/', 'attention/failed/break-glass/'],
    put: ['reports/'],
    directory: 'members',
    identityCenter: 'instance',
    auditorRole: 'assume',
  },
  credentials: {
    // What permission sets allow, by the files that are in force.
    read: ['hygiene.json', 'state/organization.json', 'permission_sets/', 'owned_permission_sets/'],
    write: ['state/credentials/', 'state/permissions/', 'status/hygiene.json.json', 'attention/rejected/hygiene.json'],
    put: ['reports/credentials/', 'reports/permissions/', 'reports/permissions.csv', 'reports/permissions.json'],
    // Who answers for something, by the receivers of the configuration.
    send: ['digests'],
    // Owners, by the tags of accounts.
    organizations: 'read',
    auditorRole: 'assume',
  },
  retire: {
    read: ['retire/', 'hygiene.json', 'state/organization.json', 'control/pause.json'],
    write: ['retired/', 'status/retire/', 'attention/'],
    put: ['history/retire/', 'changes/', 'control/brake.json'],
    // Whose an account is, by its tags.
    organizations: 'read',
    hygieneRole: 'assume',
  },
  'minute-links': {
    read: [
      'links_data/',
      'policies/',
      'selectors/',
      'owned_permission_sets/',
      'control/brake.json',
      'control/ended-sessions.json',
      // Every session of whom such a file suspends is denied.
      'suspended/',
      'state/organization.json',
      'state/reconcile.json',
      'eligibility/',
    ],
    write: [
      'state/expiry/',
      'state/people.json',
      'state/policies.json',
      'state/selectors.json',
      'state/eligibilities.json',
      'status/',
      'attention/',
    ],
    send: ['links', 'permission-sets', ...ofPeople, 'events', ...lanes, 'dispatch'],
  },
  dispatcher: {
    read: [''],
    write: [
      'access/',
      'assignments/',
      'foreign/',
      'owned_permission_sets/',
      'owned_attributes/',
      'status/',
      'attention/',
      'state/',
      'control/dispatcher.json',
      'control/ended-sessions.json',
    ],
    // A pause: where the ledger is lost.
    put: [
      'changes/',
      'history/',
      'control/brake.json',
      'control/configured.json',
      'control/pause.json',
      'control/resumed.json',
    ],
    // To the queue of events: after a pause it has everything compared again.
    send: [...lanes, 'dispatch', 'links', 'permission-sets', 'events'],
    receive: lanes,
    organizations: 'read',
    // Members: for policies about people.
    directory: 'members',
    identityCenter: 'change',
    // The drift check.
    accountAccess: 'read',
  },
  notifications: {
    // Of `changes/`: who made a change by hand stands beside the object.
    // And of permission sets that allow everything, how far they reach.
    read: [
      'changes/',
      'history/',
      'status/',
      'eligibility/',
      'permission_sets/',
      'state/drift.json',
      'state/organization.json',
    ],
    put: ['state/notifications.json'],
    send: ['digests'],
    outcomes: 'publish',
  },
  digests: { outcomes: 'deliver' },
  owner: { put: ['control/owner.json', 'control/configuration.json'], identityCenter: 'instance' },
  // Of what it writes only what comes in by the API: `function-policy.ts`.
  api: {
    ...apiWithoutRequests,
    read: [
      ...apiWithoutRequests.read,
      'requests/',
      'approvals/',
      'eligibility/',
      'state/eligibilities.json',
      'state/organization.json',
    ],
    write: [...apiWithoutRequests.write, 'requests/', 'approvals/'],
    // Whom a session is of, by its name, and in which groups they are; who may approve a request: members of groups, the
    // owner that an account's tag names.
    organizations: 'read',
    directory: 'groups',
    identityCenter: 'instance',
  },
  page: {
    ...pageWithoutOperators,
    // Who would lose what the brake holds.
    read: [...pageWithoutOperators.read, 'assignments/'],
    // `pause`: resuming deletes it.
    write: [...pageWithoutOperators.write, 'control/pause.json'],
    put: [...pageWithoutOperators.put, 'control/brake.json', 'control/resumed.json'],
  },
}

/**
 * What the role may do that operators assume for `import`, `release`, `restore` and `sessions end`: these write inputs and
 * records, and only read Identity Center. Deleting: an entry that was released, what `foreign/` forgets, work that is done.
 */
export const operatorPermissions = {
  read: [''],
  write: [
    'links_data/',
    'permission_sets/',
    'memberships/',
    'access/',
    'assignments/',
    'foreign/',
    'attention/',
    'state/',
    'control/dispatcher.json',
    'control/ended-sessions.json',
    'control/pause.json',
  ],
  // A permission set that is taken over is in force, and no message comes by which a function would tell that.
  put: [
    'changes/',
    'history/',
    'owned_permission_sets/',
    'owned_groups/',
    'owned_memberships/',
    'status/permission_sets/',
    'control/ledger.json',
    'control/configuration.json',
    'control/owner.json',
  ],
  versions: 'read',
  organizations: 'read',
  // Groups: through which of them a user has sessions that are to be ended. Memberships: whether one that is lost is there.
  directory: 'memberships',
  identityCenter: 'read',
  // What managed policies say, for the plan that `push` and `restore` show.
  auditorRole: 'assume',
  // For `plan --check-access`.
  policyChecks: 'ask',
} as const satisfies FunctionPermissions

/** What `plan` needs, for the role of a pull request's job: it writes nothing. docs/pull-requests.md has the policy. */
export const plannerPermissions = {
  read: [
    'links_data/',
    'permission_sets/',
    'policies/',
    'selectors/',
    'eligibility/',
    'suspended/',
    'groups/',
    'memberships/',
    'rules/',
    'assignments/',
    'owned_permission_sets/',
    'owned_groups/',
    'owned_memberships/',
    'access_control_attributes.json',
    'assignments/',
    'owned_permission_sets/',
    'owned_attributes/',
    'foreign/',
    'status/',
    'state/',
    'control/brake.json',
    'control/configuration.json',
    'control/pause.json',
  ],
  organizations: 'read',
  // Members: whom others put into groups already.
  directory: 'members',
  identityCenter: 'read',
  // To read what managed policies say.
  auditorRole: 'assume',
  // Only for `--check-access`.
  policyChecks: 'ask',
} as const satisfies FunctionPermissions

/** A role of a deployment: of a function, or the one that operators assume. */
export type RoleName = FunctionName | 'operator'

export function permissionsOf(role: RoleName): FunctionPermissions {
  return role === 'operator' ? operatorPermissions : functionPermissions[role]
}

/** The same in one environment: API and page have fewer rights where people do less by them, and users are written where it says so. */
export function permissionsIn(
  { provisioning, page, directory }: Pick<Environment, 'provisioning' | 'page' | 'directory'>,
  role: RoleName,
): FunctionPermissions {
  if (role === 'requests' && directory !== 'identity-center') return requestsWithoutPeople
  if (role === 'api' && provisioning.requests === 's3') return apiWithoutRequests
  return role === 'page' && !page?.operators.length ? pageWithoutOperators : permissionsOf(role)
}

/** Whether a role may write something that begins so. */
export function mayWrite(environment: Environment, role: RoleName, prefix: string): boolean {
  const { write = [], put = [] } = permissionsIn(environment, role)
  return [...write, ...put].some((written) => written.startsWith(prefix))
}

export function producersOf(queue: WorkedQueue): readonly FunctionName[] {
  return (Object.keys(functionPermissions) as FunctionName[]).filter((name) =>
    functionPermissions[name].send?.includes(queue),
  )
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

/** What is asked besides of the members of groups. */
export const memberActions = ['ListGroupMemberships'] as const
/** And of a user. */
export const groupActions = ['ListGroupMembershipsForMember'] as const
/** And what makes groups and memberships. */
export const groupChangeActions = [
  'CreateGroup',
  'CreateGroupMembership',
  'DeleteGroup',
  'DeleteGroupMembership',
  'GetGroupMembershipId',
  'UpdateGroup',
] as const

/** And what writes users. */
export const peopleChangeActions = ['CreateUser', 'DeleteUser', 'UpdateUser'] as const

export function directoryActionsOf({ directory }: FunctionPermissions): readonly string[] {
  if (directory === undefined) return []
  return [
    ...directoryActions,
    ...(directory === 'read' ? [] : memberActions),
    ...(directory === 'read' || directory === 'members' ? [] : groupActions),
    ...(directory === 'memberships' ? ['GetGroupMembershipId'] : []),
    ...(directory === 'change' || directory === 'people' ? groupChangeActions : []),
    ...(directory === 'people' ? peopleChangeActions : []),
  ]
}

/** Of IAM Access Analyzer: neither knows a resource. (Service Authorization Reference, "IAM Access Analyzer".) */
export const policyCheckActions = ['CheckNoNewAccess', 'ValidatePolicy'] as const

/** Of account access manager. */
export const accountAccessActions = { everywhere: ['ListApplications'], applications: ['ListEntitlements'] } as const

export function accountAccessActionsOf({ accountAccess }: FunctionPermissions): readonly string[] {
  return accountAccess === undefined ? [] : Object.values(accountAccessActions).flat()
}

/** Every operation of the adapter of SSO Admin but ListInstances. Those that only read begin as `reading` says. */
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
