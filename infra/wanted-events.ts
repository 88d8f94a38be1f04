import { accessCalls } from '../shared/domain/by-hand/access-call.ts'
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

export function wantedEvents(dispatcherRole: string): readonly EventPattern[] {
  return Object.values({ ...organizationEvents, ...directoryEvents, ...accessEvents(dispatcherRole) })
}
