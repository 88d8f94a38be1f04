import type { ObjectChange } from './object-change.ts'

export type NotificationSource = {
  readonly bucket: string
  readonly region: string
  /** Its name in the bucket's notification configuration. */
  readonly configurationId: string
}

/** S3's message for one change. Source: S3 User Guide, "Event message structure", version 2.1. */
export function renderS3Notification(change: ObjectChange, { bucket, region, configurationId }: NotificationSource) {
  const record = {
    eventVersion: '2.1',
    eventSource: 'aws:s3',
    awsRegion: region,
    eventTime: change.at.toISOString(),
    eventName: change.eventName,
    userIdentity: { principalId: `AWS:${change.caller.accessKeyId}` },
    requestParameters: { sourceIPAddress: change.caller.sourceIpAddress },
    responseElements: { 'x-amz-request-id': change.requestId, 'x-amz-id-2': `local/${change.requestId}` },
    s3: {
      s3SchemaVersion: '1.0',
      configurationId,
      bucket: { name: bucket, ownerIdentity: { principalId: 'local' }, arn: `arn:aws:s3:::${bucket}` },
      object: {
        key: encodeKey(change.key),
        ...('etag' in change ? { size: change.size, eTag: change.etag } : {}),
        versionId: change.versionId,
        sequencer: change.sequencer,
      },
    },
  }
  return JSON.stringify({ Records: [record] })
}

/** S3's message when a notification is configured. Source: S3 User Guide, "Amazon S3 event notification types". */
export function renderS3TestEvent({ bucket }: NotificationSource, at: Date): string {
  return JSON.stringify({
    Service: 'Amazon S3',
    Event: 's3:TestEvent',
    Time: at.toISOString(),
    Bucket: bucket,
    RequestId: '0000000000000000',
    HostId: 'local',
  })
}

/** Encodes like HTML forms, but keeps slashes: `red flower.jpg` is `red+flower.jpg` (S3 User Guide, "Event message structure"). */
function encodeKey(key: string): string {
  return encodeURIComponent(key)
    .replaceAll('%20', '+')
    .replaceAll('%2F', '/')
    .replace(/[!'()~]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
}
