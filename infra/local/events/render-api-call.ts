import type { Json, JsonObject } from '../../../shared/memory/identity-store/identity-store-records.ts'
import type { ApiCall } from './api-call.ts'
import { type EventBridgeEvent, type EventStamp, renderEvent, renderEventTime } from './event-bridge-event.ts'

/** What CloudTrail records of a call; `null`: nothing. */
export type VisibleCall = {
  readonly requestParameters: JsonObject | null
  readonly responseElements: JsonObject | null
}

/**
 * `AWS API Call via CloudTrail`; a refused call is sent too, with `errorCode`. Sources: CloudTrail User Guide,
 * "CloudTrail record contents for management, data, and network activity events"; EventBridge User Guide, "AWS service
 * events delivered via AWS CloudTrail". The access key id is the identity here, so it is also the user's name.
 */
export function renderApiCall(call: ApiCall, visible: VisibleCall, stamp: EventStamp): EventBridgeEvent {
  const { service, operation, caller, at, answer } = call
  const { account, region, recordId, requestId } = stamp
  const { accessKeyId, sourceIpAddress, userAgent } = caller
  const isRefused = 'errorCode' in answer
  return renderEvent(stamp, {
    source: `aws.${service}`,
    detailType: 'AWS API Call via CloudTrail',
    at,
    detail: {
      eventVersion: '1.08',
      userIdentity: {
        type: 'IAMUser',
        principalId: accessKeyId,
        arn: `arn:aws:iam::${account}:user/${accessKeyId}`,
        accountId: account,
        accessKeyId,
        userName: accessKeyId,
      },
      eventTime: renderEventTime(at),
      eventSource: `${service}.amazonaws.com`,
      eventName: operation,
      awsRegion: region,
      sourceIPAddress: sourceIpAddress,
      userAgent,
      ...(isRefused ? { errorCode: answer.errorCode, errorMessage: answer.errorMessage } : {}),
      requestParameters: visible.requestParameters,
      responseElements: isRefused ? null : visible.responseElements,
      requestID: requestId,
      eventID: recordId,
      readOnly: false,
      eventType: 'AwsApiCall',
      managementEvent: true,
      recipientAccountId: account,
      eventCategory: 'Management',
    },
  })
}

/** Members as CloudTrail spells them: `AccountId` is `accountId`, at every depth. */
export function toCloudTrailNames(value: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name.charAt(0).toLowerCase() + name.slice(1), renameIn(member)]),
  )
}

function renameIn(value: Json): Json {
  if (isList(value)) return value.map(renameIn)
  return isObject(value) ? toCloudTrailNames(value) : value
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Array.isArray alone does not narrow to a readonly array. */
export function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value)
}
