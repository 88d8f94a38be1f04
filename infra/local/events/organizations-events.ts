import type { JsonObject } from '../../../shared/memory/identity-store/identity-store-records.ts'
import { isObject } from '../../../shared/memory/identity-store/identity-store-records.ts'
import type { OrganizationsChange } from '../../../shared/memory/organizations/organization-records.ts'
import type { ApiCall } from './api-call.ts'
import { type EventBridgeEvent, type EventStamp, renderEvent, renderEventTime } from './event-bridge-event.ts'
import { renderApiCall, toCloudTrailNames, type VisibleCall } from './render-api-call.ts'

const masked = '****'

/** Source: Organizations User Guide, "Logging API calls with AWS CloudTrail for AWS Organizations". */
export function renderOrganizationsCall(call: ApiCall, stamp: EventStamp): EventBridgeEvent {
  return renderApiCall(call, visibleOf(call), stamp)
}

function visibleOf({ operation, input, answer }: ApiCall): VisibleCall {
  const named = toCloudTrailNames(input)
  const output = 'output' in answer ? toCloudTrailNames(answer.output) : {}
  if (operation === 'CreateAccount') {
    const parameters = { ...named, email: masked, accountName: masked }
    return { requestParameters: parameters, responseElements: visibleStatus(output.createAccountStatus) }
  }
  if (operation === 'InviteAccountToOrganization') {
    const parameters = { ...named, ...(named.notes === undefined ? {} : { notes: masked }) }
    return { requestParameters: parameters, responseElements: visibleHandshake(output.handshake) }
  }
  return { requestParameters: named, responseElements: visibleUnit(output.organizationalUnit) }
}

function visibleStatus(status: JsonObject[string] | undefined): JsonObject | null {
  if (!isObject(status)) return null
  const { id = null, state = null, requestedTimestamp } = status
  const requested = renderTextTime(new Date(Number(requestedTimestamp) * 1000))
  return { createAccountStatus: { accountName: masked, state, id, requestedTimestamp: requested } }
}

function visibleHandshake(handshake: JsonObject[string] | undefined): JsonObject | null {
  if (!isObject(handshake)) return null
  const { requestedTimestamp, expirationTimestamp, ...rest } = handshake
  const render = (seconds: JsonObject[string] | undefined) => renderTextTime(new Date(Number(seconds) * 1000))
  return {
    handshake: {
      ...rest,
      requestedTimestamp: render(requestedTimestamp),
      expirationTimestamp: render(expirationTimestamp),
    },
  }
}

function visibleUnit(unit: JsonObject[string] | undefined): JsonObject | null {
  if (!isObject(unit)) return null
  const { arn = null, id = null, name = null } = unit
  return { organizationalUnit: { arn, id, name } }
}

/** The service event of Organizations (`AWS Service Event via CloudTrail`); `undefined`: there is only the call's own event. */
export function renderOrganizationsServiceEvent(
  change: OrganizationsChange,
  stamp: EventStamp,
): EventBridgeEvent | undefined {
  const details = serviceEventDetails(change, stamp.account)
  return details === undefined ? undefined : renderServiceEvent(change, details, stamp)
}

function serviceEventDetails(change: OrganizationsChange, managementAccountId: string): object | undefined {
  const completedTimestamp = renderTextTime(change.at)
  switch (change.event) {
    case 'CreateAccountResult': {
      const { requestId: id, state, accountId, requestedAt, failureReason } = change
      const requestedTimestamp = renderTextTime(requestedAt)
      const result = failureReason === undefined ? { accountId } : { failureReason }
      return {
        createAccountStatus: { id, state, accountName: masked, ...result, requestedTimestamp, completedTimestamp },
      }
    }
    case 'CloseAccountResult': {
      const { accountId, state, requestedAt } = change
      const requestedTimestamp = renderTextTime(requestedAt)
      return { closeAccountStatus: { accountId, state, requestedTimestamp, completedTimestamp } }
    }
    // The exact JSON of these two was not found: only the members that the announcement and the API Reference name. (Organizations API
    // Reference, "CreateAccount" and "RemoveAccountFromOrganization", May 2026.)
    case 'AccountJoinedOrganization': {
      const { accountId, joinedMethod } = change
      return { managementAccountId, accountId, joinedMethod, joinedTime: completedTimestamp }
    }
    case 'AccountDepartedOrganization': {
      const { accountId, departedMethod } = change
      return { managementAccountId, accountId, departedMethod, departedTime: completedTimestamp }
    }
    default:
      return undefined
  }
}

function renderServiceEvent(change: OrganizationsChange, details: object, stamp: EventStamp): EventBridgeEvent {
  // As observed: this one event has "AWS Internal", the others name the service.
  const invokedBy = change.event === 'CreateAccountResult' ? 'AWS Internal' : 'organizations.amazonaws.com'
  return renderEvent(stamp, {
    source: 'aws.organizations',
    detailType: 'AWS Service Event via CloudTrail',
    at: change.at,
    detail: {
      eventVersion: '1.08',
      userIdentity: { accountId: stamp.account, invokedBy },
      eventTime: renderEventTime(change.at),
      eventSource: 'organizations.amazonaws.com',
      eventName: change.event,
      awsRegion: stamp.region,
      sourceIPAddress: invokedBy,
      userAgent: invokedBy,
      requestParameters: null,
      responseElements: null,
      eventID: stamp.recordId,
      readOnly: false,
      eventType: 'AwsServiceEvent',
      managementEvent: true,
      recipientAccountId: stamp.account,
      serviceEventDetails: details,
      eventCategory: 'Management',
    },
  })
}

/** `Mar 18, 2022 6:16:58 PM`: timestamps inside these events are text, in UTC. */
export function renderTextTime(at: Date): string {
  const month = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'][at.getUTCMonth()]
  const hours = at.getUTCHours()
  const time = [hours % 12 || 12, ...[at.getUTCMinutes(), at.getUTCSeconds()].map((n) => String(n).padStart(2, '0'))]
  return `${month} ${at.getUTCDate()}, ${at.getUTCFullYear()} ${time.join(':')} ${hours < 12 ? 'AM' : 'PM'}`
}
