import type { Json, JsonObject } from '../../../shared/memory/identity-store/identity-store-records.ts'
import { isObject } from '../../../shared/memory/identity-store/identity-store-records.ts'
import { functionNames } from '../../../shared/ports/deployment-settings.ts'
import { localAccountId, localDeployment } from '../local-account.ts'
import type { ApiCall } from './api-call.ts'
import { type EventBridgeEvent, type EventStamp, renderEvent, renderEventTime } from './event-bridge-event.ts'

/** The recorded parts of a call; `null`: nothing. */
export type VisibleCall = {
  readonly requestParameters: JsonObject | null
  readonly responseElements: JsonObject | null
}

/**
 * `AWS API Call via CloudTrail`; a refused call is sent too, with `errorCode`. Sources: CloudTrail User Guide, "CloudTrail record contents
 * for management, data, and network activity events"; EventBridge User Guide, "AWS service events delivered via AWS CloudTrail".
 */
export function renderApiCall(call: ApiCall, visible: VisibleCall, stamp: EventStamp): EventBridgeEvent {
  const { service, operation, caller, at, answer } = call
  const { account, region, recordId, requestId } = stamp
  const { sourceIpAddress, userAgent } = caller
  const isRefused = 'errorCode' in answer
  return renderEvent(stamp, {
    source: `aws.${service}`,
    detailType: 'AWS API Call via CloudTrail',
    at,
    detail: {
      eventVersion: '1.08',
      userIdentity: identityOf(caller, account),
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

/**
 * A person of Identity Center, or a function of the product, works with the session of a role; the SDK's user agent names the calling
 * function. Any other caller is a user of IAM here, named like the access key id. (CloudTrail User Guide, "CloudTrail userIdentity
 * element".)
 */
function identityOf({ accessKeyId, userAgent, person }: ApiCall['caller'], account: string): object {
  if (person) {
    const role = { account: person.account, name: person.roleName, path: `aws-reserved/sso.amazonaws.com/` }
    return { ...sessionOf(role, person.userName), accessKeyId, onBehalfOf: { userId: person.userId } }
  }
  const app = /(?:^|\s)app\/(\S+)/.exec(userAgent)?.[1]
  const name = functionNames.find((one) => one === app)
  if (accessKeyId === 'ssofile' && name !== undefined) {
    const role = { account: localAccountId, name: `${localDeployment}-${name}`, path: '' }
    return { ...sessionOf(role, role.name), accessKeyId }
  }
  const arn = `arn:aws:iam::${account}:user/${accessKeyId}`
  return { type: 'IAMUser', principalId: accessKeyId, arn, accountId: account, accessKeyId, userName: accessKeyId }
}

type Role = { readonly account: string; readonly name: string; readonly path: string }

function sessionOf({ account, name, path }: Role, session: string): object {
  const id = `AROA${name
    .slice(-16)
    .toUpperCase()
    .replace(/[^A-Z0-9]/g, '')}`
  return {
    type: 'AssumedRole',
    principalId: `${id}:${session}`,
    arn: `arn:aws:sts::${account}:assumed-role/${name}/${session}`,
    accountId: account,
    sessionContext: {
      sessionIssuer: {
        type: 'Role',
        principalId: id,
        arn: `arn:aws:iam::${account}:role/${path}${name}`,
        accountId: account,
        userName: name,
      },
    },
  }
}

/** Member names in CloudTrail's spelling: `AccountId` is `accountId`, at every depth. */
export function toCloudTrailNames(value: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name.charAt(0).toLowerCase() + name.slice(1), renameIn(member)]),
  )
}

function renameIn(value: Json): Json {
  if (isList(value)) return value.map(renameIn)
  return isObject(value) ? toCloudTrailNames(value) : value
}

/** Array.isArray alone does not narrow to a readonly array. */
export function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value)
}
