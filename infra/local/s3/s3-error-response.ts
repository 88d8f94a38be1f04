import { xmlDeclaration, xmlMembers } from './xml-text.ts'

/** HTTP status by S3's error code. Source: S3 API Reference, "Error responses". */
const statusByCode: Readonly<Record<string, number>> = {
  AccessDenied: 403,
  BucketAlreadyOwnedByYou: 409,
  ConditionalRequestConflict: 409,
  InternalError: 500,
  InvalidAccessKeyId: 403,
  InvalidObjectState: 403,
  MethodNotAllowed: 405,
  NoSuchBucket: 404,
  NoSuchKey: 404,
  NoSuchUpload: 404,
  NoSuchVersion: 404,
  NotImplemented: 501,
  PreconditionFailed: 412,
}

export type S3Refusal = {
  readonly code: string
  readonly message: string
  readonly bucket: string
  /** Empty: the request is about the bucket. */
  readonly key: string
  readonly requestId: string
}

export function s3StatusOf(code: string): number {
  return statusByCode[code] ?? 400
}

export function renderS3Error({ code, message, bucket, key, requestId }: S3Refusal): string {
  const about = key === '' ? { BucketName: bucket } : { Key: key }
  const members = { Code: code, Message: message, ...about, RequestId: requestId, HostId: 'local' }
  return xmlDeclaration + xmlMembers({ Error: members })
}
