import type { PersonSession } from '../../../shared/memory/iam/person-sessions.ts'
import { type useNames, watchingCall } from '../../../shared/modules/usage/rules/use.ts'
import { type EventBridgeEvent, type EventStamp, renderEvent, renderEventTime } from './event-bridge-event.ts'

export type PortalUse = {
  readonly name: (typeof useNames)[number]
  readonly session: PersonSession
  readonly permissionSet: string
  readonly sourceIpAddress: string
  readonly userAgent: string
  readonly at: Date
  readonly identityStoreId: string
  /** The Region of the portal. */
  readonly region: string
}

/** A person opens an account in the access portal, or a program gets credentials for the person. (A recorded event of July 2026.) */
export function renderUse(use: PortalUse, stamp: EventStamp): EventBridgeEvent {
  const { name, session, permissionSet, sourceIpAddress, userAgent, at, identityStoreId } = use
  const identityStoreArn = `arn:aws:identitystore::${stamp.account}:identitystore/${identityStoreId}`
  const userIdentity = {
    type: 'IdentityCenterUser',
    accountId: stamp.account,
    onBehalfOf: { userId: session.userId, identityStoreArn },
    credentialId: stamp.requestId,
  }
  return renderEvent(stamp, {
    source: 'aws.sso',
    detailType: 'AWS Service Event via CloudTrail',
    at,
    detail: {
      ...recordOf(stamp, at),
      userIdentity,
      eventSource: 'sso.amazonaws.com',
      eventName: name,
      sourceIPAddress: sourceIpAddress,
      userAgent,
      requestParameters: null,
      readOnly: name === 'GetRoleCredentials',
      eventType: 'AwsServiceEvent',
      serviceEventDetails: { account_id: session.account, role_name: permissionSet },
    },
  })
}

/** The hourly call of the watching role. (IAM User Guide, "Logging IAM and AWS STS API calls with AWS CloudTrail".) */
export function renderWatchingCall(roleArn: string, at: Date, stamp: EventStamp): EventBridgeEvent {
  return renderEvent(stamp, {
    source: 'aws.sts',
    detailType: 'AWS API Call via CloudTrail',
    at,
    detail: {
      ...recordOf(stamp, at),
      userIdentity: { type: 'AWSService', invokedBy: 'scheduler.amazonaws.com' },
      eventSource: watchingCall.source,
      eventName: watchingCall.name,
      sourceIPAddress: 'scheduler.amazonaws.com',
      userAgent: 'scheduler.amazonaws.com',
      requestParameters: { roleArn, roleSessionName: roleArn.split('/').at(-1), durationSeconds: 900 },
      readOnly: true,
      eventType: 'AwsApiCall',
    },
  })
}

function recordOf({ account, region, recordId, requestId }: EventStamp, at: Date) {
  return {
    eventVersion: '1.11',
    eventTime: renderEventTime(at),
    awsRegion: region,
    responseElements: null,
    requestID: requestId,
    eventID: recordId,
    managementEvent: true,
    recipientAccountId: account,
    eventCategory: 'Management',
  }
}
