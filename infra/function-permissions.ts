import type { Environment } from '../shared/domain/deployment/environment.ts'
import type { FunctionName } from '../shared/ports/deployment-settings.ts'
import type { ScheduledFunction } from '../shared/ports/metrics.ts'
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
  | 'reviews/'
  | 'decisions/'
  | 'review-results/'
  | 'history/reviews/'
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
  | 'control/brake/'
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
  | 'state/unit-names.json'
  | 'state/reconcile.json'
  | 'state/notifications.json'
  | 'state/report/'
  | 'state/suspended/'
  | `state/schedules/${ScheduledFunction}`
  | 'state/schedules/'
  | 'state/credentials/'
  | 'state/permissions/'
  | 'usage/'
  | 'usage/report.csv'
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
 * A function's rights besides its own queue, its logs, the key, listing the bucket's names and reading `control/owner.json`. A missing
 * object is 403 for a caller without the right to list, and ssofile never takes 403 for absence, so all may list. (S3 API Reference,
 * GetObject.)
 */
export type FunctionPermissions = {
  readonly read?: readonly Prefix[]
  /** Put, delete and read: If-Match needs the permission to read too. (S3 User Guide, "Conditional writes".) */
  readonly write?: readonly Prefix[]
  /** Put and read, for objects that ssofile never deletes. */
  readonly put?: readonly Prefix[]
  /** Delete and read, for what others wrote: inputs that a review takes away, and parts of the brake's record. */
  readonly remove?: readonly Prefix[]
  readonly send?: readonly WorkedQueue[]
  /** Versions of objects that are not the newest. */
  readonly versions?: 'read'
  /** Queues that it receives from without an event source mapping. */
  readonly receive?: readonly WorkedQueue[]
  /** `tags`: also the tags of all accounts in bulk, by a role in the management account. */
  readonly organizations?: 'read' | 'tags'
  /**
   * `members`: names, and the members of groups. `groups`: adds the groups of a user. `memberships`: adds their ids. `change`: also creates
   * groups and memberships. `people`: also creates, changes and deletes users.
   */
  readonly directory?: 'read' | 'members' | 'groups' | 'memberships' | 'change' | 'people'
  /**
   * `instance`: only find the instance. `applications`: also list its applications and their access scopes. `read`: list, get and
   * describe. `change`: every call about permission sets and access.
   */
  readonly identityCenter?: 'instance' | 'applications' | 'read' | 'change'
  /** Account access manager: the principals that may assume existing roles. */
  readonly accountAccess?: 'read'
  /** Look up a role that Identity Center created in ssofile's own account. */
  readonly ownRoles?: 'read'
  /** Assume the auditor's role in the accounts, if one is configured. */
  readonly auditorRole?: 'assume'
  /** Assume the role that retires credentials in the accounts, if one is configured. */
  readonly hygieneRole?: 'assume'
  /** IAM Access Analyzer's checks of policies before their upload. */
  readonly policyChecks?: 'ask'
  /** The page's secret: of its client at the provider, and the keys of its cookies. */
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

/** The API's rights if people request temporary access by S3 alone. */
export const apiWithoutRequests = {
  // A suspended person may not act in any way.
  read: ['status/', 'policies/', 'suspended/'],
  write: ['links_data/', 'permission_sets/'],
  put: ['state/deletions/'],
  // To identify the caller: the ARN of a session contains the name of a role, but not its path.
  ownRoles: 'read',
  // To check whether the person of that session may act.
  directory: 'read',
  identityCenter: 'instance',
} as const satisfies FunctionPermissions

/**
 * The page's rights in an environment without `page.operators`: the API's rights for temporary access, and reading the access list and the
 * descriptions of permission sets that it shows.
 */
export const pageWithoutOperators = {
  read: [
    'status/',
    'requests/',
    'approvals/',
    'decisions/',
    'review-results/',
    'eligibility/',
    'selectors/',
    'permission_sets/',
    // A suspended person may not act in any way.
    'suspended/',
    'policies/',
    'state/eligibilities.json',
    'state/organization.json',
    'state/unit-names.json',
    // Requests of the last 90 days; for auditors, what changed, the nightly reports and last uses.
    'history/',
    'changes/',
    'reports/',
    'usage/',
  ],
  write: ['requests/', 'approvals/', 'decisions/', 'state/signed-out/'],
  put: ['state/deletions/'],
  organizations: 'read',
  directory: 'groups',
  identityCenter: 'instance',
  pageSecret: 'read',
} as const satisfies FunctionPermissions

/** The rights of the function that handles requests, groups and memberships, if a provider keeps the users. */
const requestsWithoutPeople = {
  read: [
    'requests/',
    'approvals/',
    'suspended/',
    'reviews/',
    'decisions/',
    // Reviews ask about permission sets, exceptions, access that others gave, and last uses.
    'permission_sets/',
    'hygiene.json',
    'access/',
    'usage/',
    'changes/',
    'groups/',
    'rules/',
    'access_control_attributes.json',
    'policies/',
    'eligibility/',
    'selectors/',
    'owned_permission_sets/',
    // ssofile deletes no group under a pause.
    'control/pause.json',
    // The present and past access of a suspended person.
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
    'history/reviews/',
    'review-results/',
    'changes/',
    'reports/leavers/',
    'control/brake.json',
    'control/brake/',
    'control/ended-sessions.json',
  ],
  // What a review revokes. It also reads them: ssofile deletes no group while a link names it.
  remove: ['links_data/', 'memberships/'],
  // The access of a suspended person, and the links of a person whose suspension has ended.
  send: [...ofPeople, 'links', ...lanes, 'dispatch'],
  organizations: 'read',
  // Groups that files ask for, and their members. The rights for users are elsewhere: only the directory of Identity Center needs them.
  directory: 'change',
  identityCenter: 'instance',
} as const satisfies FunctionPermissions

/** The simulation fails for a call that is not granted, and its test for an unused grant. */
export const functionPermissions: Readonly<Record<FunctionName, FunctionPermissions>> = {
  router: { write: ['state/failures/'], send: ['links', 'permission-sets', ...ofPeople] },
  links: {
    read: ['links_data/', 'policies/', 'selectors/'],
    write: ['status/', 'attention/', 'state/'],
    send: ['links', ...lanes, 'dispatch'],
    organizations: 'tags',
  },
  'permission-sets': {
    read: ['permission_sets/', 'state/deletions/'],
    // ssofile retries calls that AWS refused after a minute.
    write: ['status/', 'attention/', 'state/failures/', 'state/expiry/'],
    // A failed message is retried in a group of its own.
    send: ['permission-sets', ...lanes, 'dispatch'],
  },
  requests: {
    ...requestsWithoutPeople,
    read: [...requestsWithoutPeople.read, 'people/'],
    // A file suspends people whose file under `people/` has ended.
    write: [...requestsWithoutPeople.write, 'owned_people/', 'suspended/'],
    put: [...requestsWithoutPeople.put, 'history/people/'],
    directory: 'people',
  },
  events: {
    ...reconciling,
    // People seen leaving.
    put: ['changes/', 'history/leavers/'],
    // After changes of memberships; urgent: those of suspended people.
    send: [...reconciling.send, ...ofPeople, 'ranges'],
    organizations: 'tags',
    directory: 'read',
    identityCenter: 'instance',
  },
  hourly: {
    ...reconciling,
    put: ['changes/', 'history/leavers/'],
    // urgent: a suspension whose user appeared later.
    send: [...reconciling.send, ...ofPeople, 'ranges'],
    organizations: 'tags',
    // Members: the people in ssofile's groups.
    directory: 'members',
    identityCenter: 'instance',
  },
  sweep: {
    ...reconciling,
    put: ['control/ledger.json'],
    // Parts of held lists that no record names any more.
    remove: ['control/brake/'],
    send: [...reconciling.send, ...ofPeople, 'events', 'ranges'],
  },
  // S3's clock gives its beginning.
  nightly: {
    read: ['control/owner.json'],
    write: ['usage/'],
    put: ['state/drift.json', 'state/schedules/nightly'],
    send: [...lanes, 'dispatch'],
  },
  report: {
    read: [''],
    // Open findings of break-glass.
    write: ['state/report/', 'status/break-glass/', 'attention/failed/break-glass/'],
    // Applications that may act for people; the last uses of people.
    put: ['reports/', 'changes/', 'usage/report.csv', 'state/schedules/report'],
    directory: 'members',
    identityCenter: 'applications',
    auditorRole: 'assume',
  },
  credentials: {
    // The permissions of permission sets, from the files in force.
    read: ['hygiene.json', 'state/organization.json', 'permission_sets/', 'owned_permission_sets/'],
    write: ['state/credentials/', 'state/permissions/', 'status/hygiene.json.json', 'attention/rejected/hygiene.json'],
    put: [
      'reports/credentials/',
      'reports/permissions/',
      'reports/permissions.csv',
      'reports/permissions.json',
      'state/schedules/credentials',
    ],
    // To the responsible people, by the receivers in the configuration.
    send: ['digests'],
    // Owners, by the tags of accounts.
    organizations: 'read',
    auditorRole: 'assume',
  },
  retire: {
    read: ['retire/', 'hygiene.json', 'state/organization.json', 'control/pause.json'],
    write: ['retired/', 'status/retire/', 'attention/'],
    put: ['history/retire/', 'changes/', 'control/brake.json', 'control/brake/', 'state/schedules/retire'],
    // The owner of an account, by its tags.
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
      'control/brake/',
      'control/ended-sessions.json',
      // ssofile denies every session of a person whom such a file suspends.
      'suspended/',
      'state/organization.json',
      'state/reconcile.json',
      'eligibility/',
    ],
    write: [
      'state/people.json',
      'state/policies.json',
      'state/selectors.json',
      'state/eligibilities.json',
      'status/',
      'attention/',
    ],
    // The look removes what is due.
    put: ['state/expiry/', 'state/schedules/minute-links'],
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
    // A pause, if the ledger is lost.
    put: [
      'changes/',
      'history/',
      'control/brake.json',
      'control/brake/',
      'control/configured.json',
      'control/pause.json',
      'control/resumed.json',
    ],
    // To the queue of events: after a pause it compares everything again.
    send: [...lanes, 'dispatch', 'links', 'permission-sets', 'events'],
    receive: lanes,
    organizations: 'tags',
    // Members: for policies about people.
    directory: 'members',
    identityCenter: 'change',
    // For the drift check.
    accountAccess: 'read',
  },
  notifications: {
    // `changes/`: an object's record names the author of a change by hand.
    // And for permission sets that allow everything: how many accounts they reach.
    read: [
      'changes/',
      'history/',
      'status/',
      'eligibility/',
      'permission_sets/',
      'state/drift.json',
      'state/organization.json',
    ],
    put: ['state/notifications.json', 'state/schedules/notifications'],
    send: ['digests'],
    outcomes: 'publish',
  },
  digests: { outcomes: 'deliver' },
  usage: {
    // For uses that a policy watches: who is suspended, what allows everything, who has access.
    read: ['policies/', 'suspended/', 'state/suspended/', 'permission_sets/', 'assignments/', 'foreign/'],
    put: ['usage/', 'changes/'],
    directory: 'groups',
    identityCenter: 'instance',
  },
  owner: { put: ['control/owner.json', 'control/configuration.json'], identityCenter: 'instance' },
  // It writes only inputs that come by the API: `function-policy.ts`.
  api: {
    ...apiWithoutRequests,
    read: [
      ...apiWithoutRequests.read,
      'requests/',
      'approvals/',
      'decisions/',
      'review-results/',
      'eligibility/',
      'state/eligibilities.json',
      'state/organization.json',
    ],
    write: [...apiWithoutRequests.write, 'requests/', 'approvals/', 'decisions/'],
    // The person of a session, by its name, and their groups; the approvers of a request: members of groups, and the
    // owner that an account's tag names.
    organizations: 'read',
    directory: 'groups',
    identityCenter: 'instance',
  },
  page: {
    ...pageWithoutOperators,
    // The people who would lose held access; how old the last comparisons are.
    read: [...pageWithoutOperators.read, 'assignments/', 'state/drift.json', 'state/schedules/'],
    // `pause`: resuming deletes it.
    write: [...pageWithoutOperators.write, 'control/pause.json'],
    put: [...pageWithoutOperators.put, 'control/brake.json', 'control/brake/', 'control/resumed.json'],
  },
}

/**
 * The rights of the role that operators assume for `import`, `release`, `restore` and `sessions end`: these write inputs and records, and
 * only read Identity Center. They delete released entries, outdated records under `foreign/`, and finished work.
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
  // A taken-over permission set is in force, and no message makes a function report that.
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
  // Groups: those that give a user sessions to end. Memberships: whether a lost one exists.
  directory: 'memberships',
  identityCenter: 'read',
  // The documents of managed policies, for the plan that `push` and `restore` show.
  auditorRole: 'assume',
  // For `plan --check-access`.
  policyChecks: 'ask',
} as const satisfies FunctionPermissions

/** The rights for `plan`, for the role of a pull request's job: it writes nothing. docs/pull-requests.md has the policy. */
export const plannerPermissions = {
  read: [
    'links_data/',
    'permission_sets/',
    'policies/',
    'selectors/',
    'eligibility/',
    'people/',
    'suspended/',
    'groups/',
    'memberships/',
    'rules/',
    // A plan begins no review, and reads which ones run.
    'reviews/',
    'review-results/',
    'access_control_attributes.json',
    'assignments/',
    'foreign/',
    'owned_permission_sets/',
    'owned_people/',
    'owned_groups/',
    'owned_memberships/',
    'owned_attributes/',
    'status/',
    'attention/',
    'state/',
    'control/brake.json',
    'control/brake/',
    'control/configuration.json',
    'control/ended-sessions.json',
    'control/owner.json',
    'control/pause.json',
  ],
  organizations: 'read',
  // It handles the files of people and groups on a copy of the directory.
  directory: 'memberships',
  identityCenter: 'read',
  // The documents of managed policies.
  auditorRole: 'assume',
  // Only for `--check-access`.
  policyChecks: 'ask',
} as const satisfies FunctionPermissions

/** A role of a deployment: of a function, or the one that operators assume. */
export type RoleName = FunctionName | 'operator'

export function permissionsOf(role: RoleName): FunctionPermissions {
  return role === 'operator' ? operatorPermissions : functionPermissions[role]
}

/** The rights in one environment: API and page have fewer rights if people do less by them, and only some environments write users. */
export function permissionsIn(
  { provisioning, page, directory }: Pick<Environment, 'provisioning' | 'page' | 'directory'>,
  role: RoleName,
): FunctionPermissions {
  if (role === 'requests' && directory !== 'identity-center') return requestsWithoutPeople
  if (role === 'api' && provisioning.requests === 's3') return apiWithoutRequests
  return role === 'page' && !page?.operators.length ? pageWithoutOperators : permissionsOf(role)
}

/** Whether a role may write keys with this beginning. */
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

/** The actions of IAM Access Analyzer. Neither supports limits by resource. (Service Authorization Reference, "IAM Access Analyzer".) */
export const policyCheckActions = ['CheckNoNewAccess', 'ValidatePolicy'] as const

export const accountAccessActions = { everywhere: ['ListApplications'], applications: ['ListEntitlements'] } as const

export function accountAccessActionsOf({ accountAccess }: FunctionPermissions): readonly string[] {
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

export function identityCenterActionsOf({ identityCenter = 'instance' }: FunctionPermissions): readonly string[] {
  const instance: readonly string[] = []
  const actions = { instance, applications: applicationReads, read: identityCenterReads, change: identityCenterActions }
  return actions[identityCenter]
}
