import { accessCalls } from '../shared/domain/by-hand/access-call.ts'
import { type Environment, isManagementDeployment } from '../shared/domain/deployment/environment.ts'
import type { RuleState } from '../shared/modules/break-glass/rules/alarm-rules.ts'
import { useNames, useSources, watchingCall } from '../shared/modules/usage/rules/use.ts'
import type { DeploymentNames } from './deployment-names.ts'
import type { EventPattern } from './match-event-pattern.ts'

const succeeded = [{ exists: false }] as const

/**
 * The events that a deployment's rules send to `events`, by the name of the rule: those that may change the accounts of a link, or a
 * principal. Failed calls are events as well, so the patterns demand that `errorCode` is absent. The organization's events arise in one
 * Region of the partition, the directory's in the Region of IAM Identity Center.
 */
export const organizationEvents = {
  'organization-calls': {
    // The pattern names events only by `eventName`, since the detail-types of the joined and departed events are not documented.
    detail: {
      eventSource: ['organizations.amazonaws.com'],
      eventName: [
        'CreateAccountResult',
        'AccountJoinedOrganization',
        'AccountDepartedOrganization',
        'CloseAccount',
        'CloseAccountResult',
        'MoveAccount',
        'RemoveAccountFromOrganization',
        'InviteAccountToOrganization',
        'CreateOrganizationalUnit',
        'UpdateOrganizationalUnit',
        'DeleteOrganizationalUnit',
        'TagResource',
        'UntagResource',
      ],
      errorCode: succeeded,
    },
  },
  'account-tags': {
    source: ['aws.tag'],
    'detail-type': ['Tag Change on Resource'],
    detail: { service: ['organizations'], 'resource-type': ['account'] },
  },
} as const satisfies Readonly<Record<string, EventPattern>>

export const directoryEvents = {
  'directory-notifications': {
    source: ['aws.identitystore'],
    'detail-type': [
      'User Created',
      'User Updated',
      'User Deleted',
      'Group Created',
      'Group Updated',
      'Group Deleted',
      // The names of memberships' events could not be verified: an event that AWS never sends costs nothing.
      'Group Membership Created',
      'Group Membership Deleted',
    ],
  },
  'directory-calls': {
    // The pattern has no `source`, since the source of SCIM events is not documented. SCIM changes members by PatchGroup. The last six are
    // the console's (Service Authorization Reference, "IAM Identity Center directory").
    detail: {
      eventSource: ['identitystore.amazonaws.com', 'sso-directory.amazonaws.com', 'identitystore-scim.amazonaws.com'],
      eventName: [
        'CreateGroup',
        'UpdateGroup',
        'PatchGroup',
        'DeleteGroup',
        'CreateUser',
        'UpdateUser',
        'PutUser',
        'PatchUser',
        'DeleteUser',
        'CreateGroupMembership',
        'DeleteGroupMembership',
        'UpdateGroupDisplayName',
        'UpdateUserName',
        'EnableUser',
        'DisableUser',
        'AddMemberToGroup',
        'RemoveMemberFromGroup',
      ],
      errorCode: succeeded,
    },
  },
} as const satisfies Readonly<Record<string, EventPattern>>

/**
 * Calls that change access, by anybody but the dispatcher: they arise in the Region of IAM Identity Center, in the calling account. The
 * dispatcher's own calls are thousands, and carry no news. (EventBridge User Guide, "Anything-but matching", "Exists matching".)
 */
export function accessEvents(dispatcherRole: string): Readonly<Record<'access-calls', EventPattern>> {
  return {
    'access-calls': {
      'detail-type': ['AWS API Call via CloudTrail'],
      detail: {
        eventSource: Object.keys(accessCalls),
        eventName: [...new Set(Object.values(accessCalls).flatMap(Object.keys))],
        errorCode: succeeded,
        userIdentity: {
          sessionContext: { sessionIssuer: { arn: [{ exists: false }, { 'anything-but': dispatcherRole }] } },
        },
      },
    },
  }
}

export const usageRule = 'usage-events'

/**
 * Uses of access, and the hourly call of the watching role. They arise in the account of the instance: uses in the Region of the portal.
 * (IAM Identity Center User Guide, "Logging IAM Identity Center API calls with AWS CloudTrail".)
 */
export function usageEvents(watchingRole: string): Readonly<Record<typeof usageRule, EventPattern>> {
  const { source, name } = watchingCall
  return {
    [usageRule]: {
      // Only AWS sends events from such a source. (CloudFormation Template Reference, "Schedule EventBridgeParameters".)
      source: [...useSources, source].map((service) => `aws.${service.split('.')[0]}`),
      detail: {
        $or: [
          // Federate is also a sign-in to an application, without an account and a permission set.
          {
            eventSource: useSources,
            eventName: useNames,
            serviceEventDetails: { account_id: [{ exists: true }], role_name: [{ exists: true }] },
          },
          { eventSource: [source], eventName: [name], requestParameters: { roleArn: [watchingRole] } },
        ],
        errorCode: succeeded,
      },
    },
  }
}

/**
 * The state of the rule with this name. GetRoleCredentials and AssumeRole only read, and such events reach a rule in this state alone, on
 * each bus. (EventBridge User Guide, "Receiving read-only management events from AWS services".)
 */
export function ruleStateOf(name: string): RuleState {
  return name === usageRule ? 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS' : 'ENABLED'
}

export type Patterns = Readonly<Record<string, EventPattern>>

export const joined = (all: readonly Patterns[]): Patterns =>
  Object.fromEntries(all.flatMap(Object.entries<EventPattern>))

/** The events that the main stack receives from its own account and Region, and those that others forward to it, by Region. */
export function eventsByOrigin(environment: Environment, names: DeploymentNames) {
  const { region, additionalRegions, usageDays } = environment
  const ofRegion: Patterns = { ...directoryEvents, ...accessEvents(names.roleArn('dispatcher')) }
  const regionsOfUses = usageDays === 0 ? [] : [region, ...additionalRegions]
  const all: readonly (readonly [string, Patterns])[] = [
    [names.organizationRegion, organizationEvents],
    [region, ofRegion],
    ...regionsOfUses.map((from) => [from, usageEvents(names.watchingArn)] as const),
  ]
  const regions = Map.groupBy(all, ([from]) => from)
  const ofManagement = new Map(Array.from(regions, ([from, of]) => [from, joined(of.map(([, patterns]) => patterns))]))
  if (!isManagementDeployment(environment)) return { own: ofRegion, forwarded: ofManagement }
  const own = ofManagement.get(region) ?? {}
  ofManagement.delete(region)
  return { own, forwarded: ofManagement }
}

/** All patterns of the queue `events`. */
export function wantedEvents(dispatcherRole: string): readonly EventPattern[] {
  return Object.values({ ...organizationEvents, ...directoryEvents, ...accessEvents(dispatcherRole) })
}
