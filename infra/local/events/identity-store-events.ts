import type {
  IdentityStoreChange,
  Json,
  JsonObject,
} from '../../../shared/memory/identity-store/identity-store-records.ts'
import { isObject } from '../../../shared/memory/identity-store/identity-store-records.ts'
import type { ApiCall } from './api-call.ts'
import { type EventBridgeEvent, type EventStamp, renderEvent } from './event-bridge-event.ts'
import { isList, renderApiCall, toCloudTrailNames } from './render-api-call.ts'

const hidden = 'HIDDEN_DUE_TO_SECURITY_REASONS'
/** Ids, and the objects around them; every other value is hidden. */
const shown: ReadonlySet<string> = new Set([
  'identityStoreId',
  'groupId',
  'userId',
  'membershipId',
  'memberId',
  'operations',
  'attributePath',
])

/**
 * The record of the public API, the console or SCIM. Source: IAM Identity Center User Guide, "Logging IAM Identity Center API calls with
 * AWS CloudTrail".
 */
export function renderIdentityStoreCall(call: ApiCall, stamp: EventStamp): EventBridgeEvent {
  const { answer } = call
  const masked = {
    input: hideIn(toCloudTrailNames(call.input)),
    output: hideIn('output' in answer ? toCloudTrailNames(answer.output) : {}),
  }
  switch (directoryCallerOf(call)) {
    case 'scim': {
      const scim = toScimCall(call, masked)
      return withScimIdentity(renderApiCall(scim.call, scim.visible, stamp))
    }
    case 'console': {
      const console = toConsoleCall(call, masked)
      return renderApiCall(console.call, console.visible, stamp)
    }
    default: {
      const responseElements = Object.keys(masked.output).length === 0 ? null : masked.output
      return renderApiCall(call, { requestParameters: masked.input, responseElements }, stamp)
    }
  }
}

function hideIn(value: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, shown.has(name) ? hideWithin(member) : hidden]),
  )
}

function hideWithin(value: Json): Json {
  if (isList(value)) return value.map(hideWithin)
  return isObject(value) ? hideIn(value) : value
}

const detailTypes: Readonly<Record<IdentityStoreChange['event'], string>> = {
  CreateGroup: 'Group Created',
  UpdateGroup: 'Group Updated',
  DeleteGroup: 'Group Deleted',
  CreateUser: 'User Created',
  UpdateUser: 'User Updated',
  DeleteUser: 'User Deleted',
  CreateGroupMembership: 'Group Membership Created',
  DeleteGroupMembership: 'Group Membership Deleted',
}

/**
 * The identity store's own notification, which needs no trail. That `detail` has `event-version` is documented (IAM
 * Identity Center User Guide, "EventBridge event message structure"); its other members, and the detail-types of
 * memberships, could not be verified: nothing may rely on them.
 */
export function renderIdentityStoreNotification(
  change: IdentityStoreChange,
  identityStoreId: string,
  stamp: EventStamp,
): EventBridgeEvent {
  const ids = {
    ...('membershipId' in change ? { 'membership-id': change.membershipId } : {}),
    ...('groupId' in change ? { 'group-id': change.groupId } : {}),
    ...('userId' in change ? { 'user-id': change.userId } : {}),
  }
  return renderEvent(stamp, {
    source: 'aws.identitystore',
    detailType: detailTypes[change.event],
    at: change.at,
    resources: [
      `arn:aws:identitystore::${stamp.account}:identitystore/${identityStoreId}`,
      ...('groupId' in change ? [`arn:aws:identitystore:::group/${change.groupId}`] : []),
      ...('userId' in change ? [`arn:aws:identitystore:::user/${change.userId}`] : []),
    ],
    detail: { 'event-version': '1.0', 'identity-store-id': identityStoreId, ...ids },
  })
}

/** The ways to change the directory; each has its own CloudTrail events. */
type DirectoryCaller = 'api' | 'console' | 'scim'

/** Here all of them call the public API; the access key ids `scim` and `console` choose the kind of events. */
function directoryCallerOf({ caller: { accessKeyId } }: ApiCall): DirectoryCaller {
  return accessKeyId === 'scim' || accessKeyId === 'console' ? accessKeyId : 'api'
}

/**
 * SCIM replaces or patches. Source: IAM Identity Center User Guide, "Logging IAM Identity Center SCIM API calls with AWS
 * CloudTrail": the operations, the members of requestParameters, and that responseElements has the new id.
 */
function toScimCall(call: ApiCall, masked: { readonly input: JsonObject; readonly output: JsonObject }) {
  const { identityStoreId: tenantId = null, groupId, userId, ...body } = masked.input
  const isOfUser = call.operation.endsWith('User')
  const schemas = [`urn:ietf:params:scim:schemas:core:2.0:${isOfUser ? 'User' : 'Group'}`]
  const id = userId ?? groupId
  const newId = masked.output.userId ?? masked.output.groupId
  const hasBody = Object.keys(body).length > 0
  return {
    call: { ...call, service: 'identitystore-scim' as const, operation: scimOperation(call) },
    visible: {
      requestParameters: {
        ...(hasBody ? { httpBody: { schemas, ...body } } : {}),
        tenantId,
        ...(id === undefined ? {} : { id }),
      },
      responseElements: newId === undefined ? null : { schemas, id: newId },
    },
  }
}

function scimOperation({ operation, input }: ApiCall): string {
  const { Operations: operations } = input
  // Several attributes at once: like an identity provider that sends the whole user again.
  if (operation === 'UpdateUser') return Array.isArray(operations) && operations.length > 1 ? 'PutUser' : 'PatchUser'
  return operation === 'UpdateGroup' || operation.endsWith('GroupMembership') ? 'PatchGroup' : operation
}

/** A caller with a SCIM token is no IAM principal. (The same page.) */
function withScimIdentity(event: EventBridgeEvent): EventBridgeEvent {
  const userIdentity = { type: 'WebIdentityUser', accountId: event.account, accessKeyId: 'scim' }
  return { ...event, detail: { ...event.detail, eventVersion: '1.10', userIdentity } }
}

/** Source: AWS SSO User Guide of 2022, "identity store CloudTrail operations". */
const consoleNames = new Map([
  ['CreateGroupMembership', 'AddMemberToGroup'],
  ['DeleteGroupMembership', 'RemoveMemberFromGroup'],
])

/**
 * The console answers a creation with the whole user or group; the id in it is an inference. The member is in the form of records of April
 * 2023: `"member": {"memberId": "<id>"}`.
 */
function toConsoleCall(call: ApiCall, masked: { readonly input: JsonObject; readonly output: JsonObject }) {
  const { userId, groupId } = masked.output
  const { memberId, ...input } = masked.input
  const created: Json =
    userId !== undefined ? { user: { userId } } : groupId !== undefined ? { group: { groupId } } : null
  return {
    call: { ...call, service: 'sso-directory' as const, operation: consoleNames.get(call.operation) ?? call.operation },
    visible: {
      requestParameters: isObject(memberId)
        ? { ...input, member: { memberId: memberId.userId ?? null } }
        : masked.input,
      responseElements: created,
    },
  }
}
