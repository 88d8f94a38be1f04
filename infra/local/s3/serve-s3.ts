import type { FastifyReply, FastifyRequest } from 'fastify'
import type { MemoryBucket } from '../../../shared/memory/s3/memory-bucket.ts'
import { ServiceError } from '../../../shared/ports/service-error.ts'
import { currentRequest } from '../local-request.ts'
import { deleteObjects } from './s3-delete-objects.ts'
import { renderListing } from './s3-list-response.ts'
import { malformedUrl, type S3Request } from './s3-request.ts'

// Subresources by which S3 tells its operations apart; unknown to fauxqs, which would read or write the object instead.
const unsupported = [
  'accelerate',
  'acl',
  'analytics',
  'cors',
  'encryption',
  'intelligent-tiering',
  'inventory',
  'legal-hold',
  'lifecycle',
  'logging',
  'metrics',
  'notification',
  'object-lock',
  'ownershipControls',
  'policy',
  'policyStatus',
  'publicAccessBlock',
  'renameObject',
  'replication',
  'requestPayment',
  'restore',
  'retention',
  'select',
  'tagging',
  'torrent',
  'versions',
  'website',
] as const
const xmlns = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'

/**
 * Answers what fauxqs would get wrong, and leaves the rest of a valid request to it, in a form that it understands.
 * True: answered. Throws ServiceError for what S3 refuses.
 */
export function serveS3(bucket: MemoryBucket, about: S3Request, request: FastifyRequest, reply: FastifyReply): boolean {
  checkRequest(bucket, about, request)
  // An empty body is undefined here, and fauxqs would answer 500 to our main input.
  request.body ??= Buffer.alloc(0)
  Object.assign(request.params ?? {}, about.key === '' ? {} : { '*': about.key })
  if (about.bucket === '' || about.key !== '') return false
  if (request.method === 'GET') {
    reply.type('application/xml').send(describeBucket(bucket, about.query))
    return true
  }
  if (request.method === 'POST' && about.query.has('delete')) {
    const { accessKeyId = '', sourceIpAddress } = currentRequest()
    const xml = deleteObjects(bucket, { accessKeyId, sourceIpAddress }, String(request.body))
    reply.type('application/xml').send(xml)
    return true
  }
  return false
}

function checkRequest(bucket: MemoryBucket, { bucket: name, query }: S3Request, request: FastifyRequest): void {
  if (request.url === malformedUrl) throw new ServiceError('s3', 'InvalidURI', "Couldn't parse the specified URI.")
  if (currentRequest().accessKeyId === undefined) {
    throw new ServiceError('s3', 'AccessDenied', 'Access Denied: sign the request, with any credentials')
  }
  const subresource = unsupported.find((parameter) => query.has(parameter))
  const isListOfParts = request.method === 'GET' && (query.has('uploads') || query.has('uploadId'))
  if (subresource !== undefined || isListOfParts) {
    throw new ServiceError('s3', 'NotImplemented', `The local system has no ?${subresource ?? 'uploads'}`)
  }
  const isCreation = request.method === 'PUT' && request.url.split('?')[0]?.replace(/\/$/, '') === `/${name}`
  if (name !== '' && name !== bucket.name && !isCreation) {
    throw new ServiceError('s3', 'NoSuchBucket', 'The specified bucket does not exist')
  }
}

/** GetBucketLocation (us-east-1 has no name there), GetBucketVersioning (never enabled) or a listing. */
function describeBucket(bucket: MemoryBucket, query: URLSearchParams): string {
  if (query.has('location')) return `<LocationConstraint ${xmlns}/>`
  if (query.has('versioning')) return `<VersioningConfiguration ${xmlns}/>`
  return renderListing(bucket, query)
}
