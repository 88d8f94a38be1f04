import type { FastifyReply, FastifyRequest } from 'fastify'
import type { MemoryBucket } from '../../../shared/memory/s3/memory-bucket.ts'
import { ServiceError } from '../../../shared/ports/service-error.ts'
import { currentRequest } from '../local-request.ts'
import { checkMayList, checkMaySetVersioning } from './permissions.ts'
import { deleteObjects } from './s3-delete-objects.ts'
import { renderParts } from './s3-list-parts-response.ts'
import { renderListing } from './s3-list-response.ts'
import { renderVersions } from './s3-list-versions-response.ts'
import { checkMd5, dropSourceVersion, malformedUrl, type S3Request } from './s3-request.ts'
import { xmlElement, xmlTexts } from './xml-text.ts'

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
  'website',
] as const
const xmlns = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'

/**
 * Answers what fauxqs would get wrong, and leaves the rest of a valid request to it, in a form that it understands.
 * True: answered. Throws ServiceError for what S3 refuses.
 */
export function serveS3(bucket: MemoryBucket, about: S3Request, request: FastifyRequest, reply: FastifyReply): boolean {
  checkRequest(bucket, about, request)
  checkMd5(request)
  // An empty body is undefined here, and fauxqs would answer 500 to our main input.
  request.body ??= Buffer.alloc(0)
  Object.assign(request.params ?? {}, about.key === '' ? {} : { '*': about.key })
  dropSourceVersion(request)
  const answer = about.key === '' ? answerOfBucket(bucket, about, request) : answerOfObject(bucket, about, request)
  if (answer === undefined) return false
  reply.type('application/xml').send(answer)
  return true
}

function answerOfBucket(bucket: MemoryBucket, about: S3Request, request: FastifyRequest): string | undefined {
  const { query } = about
  if (about.bucket === '') return undefined
  if (request.method === 'GET') return describeBucket(bucket, query)
  if (request.method === 'PUT' && query.has('versioning')) {
    setVersioning(bucket, String(request.body))
    return ''
  }
  if (request.method !== 'POST' || !query.has('delete')) return undefined
  const { accessKeyId = '', person, sourceIpAddress } = currentRequest()
  return deleteObjects(bucket, { accessKeyId, person, sourceIpAddress }, String(request.body))
}

function answerOfObject(
  bucket: MemoryBucket,
  { key, query }: S3Request,
  { method }: FastifyRequest,
): string | undefined {
  if (method === 'GET' && query.has('uploadId')) return renderParts(bucket, key, query)
  if (method === 'POST' && !query.has('uploads') && !query.has('uploadId')) {
    throw new ServiceError('s3', 'MethodNotAllowed', 'The specified method is not allowed against this resource.')
  }
  return undefined
}

function checkRequest(bucket: MemoryBucket, { bucket: name, query }: S3Request, request: FastifyRequest): void {
  if (request.url === malformedUrl) throw new ServiceError('s3', 'InvalidURI', "Couldn't parse the specified URI.")
  if (currentRequest().accessKeyId === undefined) {
    throw new ServiceError('s3', 'AccessDenied', 'Access Denied: sign the request, with any credentials')
  }
  const subresource = unsupported.find((parameter) => query.has(parameter))
  const isListOfUploads = request.method === 'GET' && query.has('uploads')
  if (subresource !== undefined || isListOfUploads) {
    throw new ServiceError('s3', 'NotImplemented', `The local system has no ?${subresource ?? 'uploads'}`)
  }
  const isCreation =
    request.method === 'PUT' && request.url.split('?')[0]?.replace(/\/$/, '') === `/${name}` && !query.has('versioning')
  if (name !== '' && name !== bucket.name && !isCreation) {
    throw new ServiceError('s3', 'NoSuchBucket', 'The specified bucket does not exist')
  }
}

/** GetBucketLocation (us-east-1 has no name there), GetBucketVersioning or a listing. */
function describeBucket(bucket: MemoryBucket, query: URLSearchParams): string {
  if (query.has('location')) return `<LocationConstraint ${xmlns}/>`
  if (query.has('versioning')) {
    const { versioning } = bucket
    const status = versioning === undefined ? '' : xmlElement('Status', versioning)
    return `<VersioningConfiguration ${xmlns}>${status}</VersioningConfiguration>`
  }
  checkMayList(currentRequest().accessKeyId, query.get('prefix') ?? '')
  return query.has('versions') ? renderVersions(bucket, query) : renderListing(bucket, query)
}

/** PutBucketVersioning. */
function setVersioning(bucket: MemoryBucket, xml: string): void {
  checkMaySetVersioning(currentRequest().accessKeyId)
  const [status] = xmlTexts(xml, 'Status')
  if (status !== 'Enabled' && status !== 'Suspended') {
    throw new ServiceError('s3', 'IllegalVersioningConfigurationException', 'The Versioning element must be specified')
  }
  bucket.setVersioning(status)
}
