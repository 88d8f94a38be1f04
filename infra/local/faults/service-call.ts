import type { FastifyRequest } from 'fastify'
import type { CalledService } from '../../../shared/ports/service-error.ts'
import { accessAnalyzerOperationOf } from '../access-analyzer-service.ts'
import { accountAccessOperationOf } from '../account-access-service.ts'
import { queryCallOf } from '../query-services/query-call.ts'
import { signerOf } from '../request-signer.ts'
import { parseS3Request, type S3Request } from '../s3/s3-request.ts'
import type { ServiceCall } from './fault-plan.ts'

const serviceByTarget: Readonly<Record<string, CalledService>> = {
  AmazonSQS: 'sqs',
  SWBExternalService: 'sso-admin',
  AWSIdentityStore: 'identitystore',
  AWSOrganizationsV20161128: 'organizations',
  ResourceGroupsTaggingAPI_20170126: 'tagging',
  AWSEvents: 'events',
  secretsmanager: 'secretsmanager',
}

/** The service, operation and caller of a request; `undefined`: it is for the local system itself. */
export function serviceCallOf(request: FastifyRequest): ServiceCall | undefined {
  const caller = signerOf(request)?.accessKeyId
  const [target = '', operation = ''] = String(request.headers['x-amz-target'] ?? '').split('.')
  if (Object.hasOwn(serviceByTarget, target)) {
    const service = serviceByTarget[target]
    return service && { service, operation, caller }
  }
  const rest = accountAccessOperationOf(request)
  if (rest !== undefined) return { service: 'account-access', operation: rest, caller }
  const analyzing = accessAnalyzerOperationOf(request)
  if (analyzing !== undefined) return { service: 'access-analyzer', operation: analyzing, caller }
  const query = queryCallOf(request)
  if (query !== undefined) return { service: query.service, operation: query.operation, caller }
  const about = parseS3Request(request)
  return about && { service: 's3', operation: s3Operation(request, about), caller }
}

/** S3 distinguishes operations by method, path and query. (S3 API Reference, "Actions".) */
function s3Operation({ method, headers }: FastifyRequest, { bucket, key, query }: S3Request): string {
  if (bucket === '') return 'ListBuckets'
  if (key === '') return bucketOperation(method, query)
  if (query.has('uploads')) return 'CreateMultipartUpload'
  if (query.has('uploadId')) return multipartOperation(method)
  const isCopy = headers['x-amz-copy-source'] !== undefined
  switch (method) {
    case 'GET':
      return 'GetObject'
    case 'HEAD':
      return 'HeadObject'
    case 'PUT':
      return isCopy ? 'CopyObject' : 'PutObject'
    case 'DELETE':
      return 'DeleteObject'
    default:
      return 'PostObject'
  }
}

function multipartOperation(method: string): string {
  if (method === 'PUT') return 'UploadPart'
  if (method === 'GET') return 'ListParts'
  return method === 'DELETE' ? 'AbortMultipartUpload' : 'CompleteMultipartUpload'
}

function bucketOperation(method: string, query: URLSearchParams): string {
  if (method === 'HEAD') return 'HeadBucket'
  if (method === 'PUT') return query.has('versioning') ? 'PutBucketVersioning' : 'CreateBucket'
  if (method === 'DELETE') return 'DeleteBucket'
  if (method === 'POST') return 'DeleteObjects'
  if (query.has('location')) return 'GetBucketLocation'
  if (query.has('versioning')) return 'GetBucketVersioning'
  if (query.has('versions')) return 'ListObjectVersions'
  return query.get('list-type') === '2' ? 'ListObjectsV2' : 'ListObjects'
}
