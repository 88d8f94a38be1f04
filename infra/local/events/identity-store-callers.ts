import type { Json, JsonObject } from '../../../shared/memory/identity-store/identity-store-records.ts'
import type { ApiCall } from './api-call.ts'
import type { EventBridgeEvent } from './event-bridge-event.ts'

/** The ways to change the directory; each has its own CloudTrail events. */
export type DirectoryCaller = 'api' | 'console' | 'scim'

/** Here all of them call the public API; the access key ids `scim` and `console` say whose events are wanted. */
export function directoryCallerOf({ caller: { accessKeyId } }: ApiCall): DirectoryCaller {
  return accessKeyId === 'scim' || accessKeyId === 'console' ? accessKeyId : 'api'
}

/**
 * SCIM replaces or patches. Source: IAM Identity Center User Guide, "Logging IAM Identity Center SCIM API calls with AWS
 * CloudTrail": the operations, the members of requestParameters, and that responseElements has the new id.
 */
export function toScimCall(call: ApiCall, masked: { readonly input: JsonObject; readonly output: JsonObject }) {
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

/** Who calls with a SCIM token is no IAM principal. (The same page.) */
export function withScimIdentity(event: EventBridgeEvent): EventBridgeEvent {
  const userIdentity = { type: 'WebIdentityUser', accountId: event.account, accessKeyId: 'scim' }
  return { ...event, detail: { ...event.detail, eventVersion: '1.10', userIdentity } }
}

/** Source: AWS SSO User Guide of 2022, "identity store CloudTrail operations". */
const consoleNames = new Map([
  ['CreateGroupMembership', 'AddMemberToGroup'],
  ['DeleteGroupMembership', 'RemoveMemberFromGroup'],
])

/** The console answers a creation with the whole user or group; that the id is in it is inferred. */
export function toConsoleCall(call: ApiCall, masked: { readonly input: JsonObject; readonly output: JsonObject }) {
  const { userId, groupId } = masked.output
  const created: Json =
    userId !== undefined ? { user: { userId } } : groupId !== undefined ? { group: { groupId } } : null
  return {
    call: { ...call, service: 'sso-directory' as const, operation: consoleNames.get(call.operation) ?? call.operation },
    visible: { requestParameters: masked.input, responseElements: created },
  }
}
