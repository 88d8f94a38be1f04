import type { FastifyReply, FastifyRequest } from 'fastify'
import { principalIdOf } from '../../../shared/memory/iam/person-sessions.ts'
import type { Deletion, ListedVersion, MemoryBucket } from '../../../shared/memory/s3/memory-bucket.ts'
import type { Caller } from '../../../shared/memory/s3/object-change.ts'
import { isServiceError, ServiceError } from '../../../shared/ports/service-error.ts'
import { currentRequest } from '../local-request.ts'
import type { Signer } from './local-bucket-policy.ts'
import { checkMayDeleteVersion, checkMayList, checkMaySet, checkMayWrite } from './permissions.ts'
import { type Encode, encodingOf, localOwner, maxKeysOf, renderListing } from './s3-list-response.ts'
import { checkMd5, dropSourceVersion, malformedUrl, type S3Request } from './s3-request.ts'
import { s3Document, type XmlMembers, xmlMembers, xmlTexts } from './xml-text.ts'

// Subresources that distinguish S3's operations; fauxqs does not know them, and would read or write the object instead.
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
 * Answers requests that fauxqs would get wrong, and leaves the rest of the valid ones to it, in a form that it understands. True: answered.
 * Throws ServiceError for a request that S3 refuses.
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
  if (method === 'POST' && !query.has('uploads') && !query.has('uploadId'))
    throw new ServiceError('s3', 'MethodNotAllowed', 'The specified method is not allowed against this resource.')
  return undefined
}

function checkRequest(bucket: MemoryBucket, { bucket: name, query }: S3Request, request: FastifyRequest): void {
  if (request.url === malformedUrl) throw new ServiceError('s3', 'InvalidURI', "Couldn't parse the specified URI.")
  if (currentRequest().accessKeyId === undefined)
    throw new ServiceError('s3', 'AccessDenied', 'Access Denied: sign the request, with any credentials')
  if (request.method === 'PUT' && query.has('lifecycle')) checkMaySet('lifecycle', currentRequest().accessKeyId)
  const subresource = unsupported.find((parameter) => query.has(parameter))
  const isListOfUploads = request.method === 'GET' && query.has('uploads')
  if (subresource !== undefined || isListOfUploads)
    throw new ServiceError('s3', 'NotImplemented', `The local system has no ?${subresource ?? 'uploads'}`)
  const isCreation =
    request.method === 'PUT' && request.url.split('?')[0]?.replace(/\/$/, '') === `/${name}` && !query.has('versioning')
  if (name !== '' && name !== bucket.name && !isCreation)
    throw new ServiceError('s3', 'NoSuchBucket', 'The specified bucket does not exist')
}

/** GetBucketLocation (us-east-1 has no name there), GetBucketVersioning or a listing. */
function describeBucket(bucket: MemoryBucket, query: URLSearchParams): string {
  if (query.has('location')) return `<LocationConstraint ${xmlns}/>`
  if (query.has('versioning')) {
    const status = xmlMembers({ Status: bucket.versioning })
    return `<VersioningConfiguration ${xmlns}>${status}</VersioningConfiguration>`
  }
  checkMayList(currentRequest().accessKeyId, query.get('prefix') ?? '')
  return query.has('versions') ? renderVersions(bucket, query) : renderListing(bucket, query)
}

function setVersioning(bucket: MemoryBucket, xml: string): void {
  checkMaySet('versioning', currentRequest().accessKeyId)
  const [status] = xmlTexts(xml, 'Status')
  if (status !== 'Enabled' && status !== 'Suspended')
    throw new ServiceError('s3', 'IllegalVersioningConfigurationException', 'The Versioning element must be specified')
  bucket.setVersioning(status)
}

/** ListParts as XML. Throws ServiceError NoSuchUpload. Source: S3 API Reference, "ListParts". */
function renderParts(bucket: MemoryBucket, key: string, query: URLSearchParams): string {
  const uploadId = query.get('uploadId') ?? ''
  const upload = bucket.uploads.find(uploadId)
  if (upload.key !== key) throw new ServiceError('s3', 'NoSuchUpload', 'The specified multipart upload does not exist.')
  const most = maxKeysOf(query, 'max-parts')
  const marker = Number(query.get('part-number-marker') ?? 0)
  const parts = Object.entries(upload.parts)
    .map(([number, part]) => ({ number: Number(number), ...part }))
    .filter(({ number }) => number > marker)
    .sort((a, b) => a.number - b.number)
  const page = parts.slice(0, most)
  return s3Document('ListPartsResult', {
    Bucket: bucket.name,
    Key: key,
    UploadId: uploadId,
    Initiator: localOwner,
    Owner: localOwner,
    StorageClass: 'STANDARD',
    PartNumberMarker: marker,
    NextPartNumberMarker: page.at(-1)?.number ?? 0,
    MaxParts: most,
    IsTruncated: page.length < parts.length,
    Part: page.map(({ number, etag, size, uploadedAt = bucket.createdAt }) => ({
      PartNumber: number,
      LastModified: uploadedAt,
      ETag: `"${etag}"`,
      Size: size,
    })),
  })
}

/** ListObjectVersions as XML. Source: S3 API Reference, "ListObjectVersions". */
function renderVersions(bucket: MemoryBucket, query: URLSearchParams): string {
  const encode = encodingOf(query)
  const prefix = query.get('prefix') ?? ''
  const delimiter = query.get('delimiter') || undefined
  const keyMarker = query.get('key-marker') ?? ''
  const versionIdMarker = query.get('version-id-marker') || undefined
  if (versionIdMarker !== undefined && keyMarker === '')
    throw new ServiceError('s3', 'InvalidArgument', 'A version-id marker cannot be specified without a key marker.')
  const most = maxKeysOf(query)
  const page = bucket.listVersionsPage({ prefix, delimiter, most, keyMarker, versionIdMarker })
  const { next } = page
  const head = {
    Name: bucket.name,
    Prefix: encode(prefix),
    Delimiter: delimiter && encode(delimiter),
    KeyMarker: encode(keyMarker),
    VersionIdMarker: versionIdMarker ?? '',
    MaxKeys: most,
    EncodingType: query.has('encoding-type') ? 'url' : undefined,
    IsTruncated: next !== undefined,
    NextKeyMarker: next && encode(next.keyMarker),
    NextVersionIdMarker: next?.versionIdMarker,
  }
  const CommonPrefixes = page.commonPrefixes.map((group) => ({ Prefix: encode(group) }))
  const rendered = [head, ...page.versions.map((version) => describeVersion(version, encode)), { CommonPrefixes }]
  return s3Document('ListVersionsResult', rendered.map(xmlMembers).join(''))
}

function describeVersion({ object, ...version }: ListedVersion, encode: Encode): XmlMembers {
  const common = {
    Key: encode(version.key),
    VersionId: version.versionId,
    IsLatest: version.isLatest,
    LastModified: version.lastModified,
    Owner: localOwner,
  }
  if (object === undefined) return { DeleteMarker: common }
  const content = { ETag: `"${object.etag}"`, Size: object.body.byteLength, StorageClass: 'STANDARD' }
  return { Version: { ...common, ...content } }
}

type Named = { readonly key: string; readonly etag: string | undefined; readonly versionId: string | undefined }

// S3 API Reference, "DeleteObjects".
const mostAtOnce = 1000

/** DeleteObjects: each key succeeds or fails on its own. Answers the XML. */
function deleteObjects(bucket: MemoryBucket, caller: Caller & Signer, xml: string): string {
  const named = parseDelete(xml)
  const [quiet] = xmlTexts(xml, 'Quiet')
  const results = named.map((object) => {
    const result = deleteObject(bucket, caller, object)
    if (isServiceError(result)) return errorOf(object.key, result)
    return quiet?.trim() === 'true' ? {} : deletedOf(object, result)
  })
  return s3Document('DeleteResult', results.map(xmlMembers).join(''))
}

function parseDelete(xml: string): readonly Named[] {
  const named = [...xml.matchAll(/<Object>(.*?)<\/Object>/gs)].map(([, inner = '']) => {
    const [key] = xmlTexts(inner, 'Key')
    const [etag] = xmlTexts(inner, 'ETag')
    const [versionId] = xmlTexts(inner, 'VersionId')
    return { key, etag: etag?.replaceAll('"', ''), versionId }
  })
  const whole = named.filter((object): object is Named => object.key !== undefined)
  if (whole.length === 0 || whole.length < named.length || named.length > mostAtOnce) {
    throw new ServiceError(
      's3',
      'MalformedXML',
      'The XML you provided was not well-formed or did not validate against our published schema',
    )
  }
  return whole
}

function deleteObject(
  bucket: MemoryBucket,
  caller: Caller & Signer,
  { key, etag, versionId }: Named,
): Deletion | ServiceError {
  try {
    checkMayWrite(caller, 'DeleteObject', key)
    const { person, ...plain } = caller
    const named = person === undefined ? plain : { ...plain, accessKeyId: principalIdOf(person) }
    if (versionId === undefined) return bucket.delete(named, key, etag === undefined ? undefined : { ifMatch: etag })
    checkMayDeleteVersion(caller.accessKeyId, key)
    return bucket.deleteVersion(named, key, versionId)
  } catch (error) {
    if (isServiceError(error)) return error
    throw error
  }
}

/** S3 API Reference, "DeletedObject". */
function deletedOf({ key, versionId: asked }: Named, { versionId, isDeleteMarker }: Deletion): XmlMembers {
  const marker = isDeleteMarker && versionId !== undefined && { DeleteMarker: true, DeleteMarkerVersionId: versionId }
  return { Deleted: { Key: key, VersionId: asked, ...marker } }
}

function errorOf(key: string, { code, message }: ServiceError): XmlMembers {
  return { Error: { Key: key, Code: code, Message: message } }
}
