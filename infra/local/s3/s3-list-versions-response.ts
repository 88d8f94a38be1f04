import type { ListedVersion, MemoryBucket } from '../../../shared/memory/s3/memory-bucket.ts'
import { ServiceError } from '../../../shared/ports/service-error.ts'
import { type Encode, encodingOf, maxKeysOf } from './s3-list-response.ts'
import { xmlElement } from './xml-text.ts'

/** ListObjectVersions as XML. Source: S3 API Reference, "ListObjectVersions". */
export function renderVersions(bucket: MemoryBucket, query: URLSearchParams): string {
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
  return [
    '<?xml version="1.0" encoding="UTF-8"?>\n<ListVersionsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">',
    xmlElement('Name', bucket.name),
    xmlElement('Prefix', encode(prefix)),
    ...(delimiter === undefined ? [] : [xmlElement('Delimiter', encode(delimiter))]),
    xmlElement('KeyMarker', encode(keyMarker)),
    xmlElement('VersionIdMarker', versionIdMarker ?? ''),
    xmlElement('MaxKeys', most),
    ...(query.has('encoding-type') ? [xmlElement('EncodingType', 'url')] : []),
    xmlElement('IsTruncated', next !== undefined),
    ...(next === undefined ? [] : [xmlElement('NextKeyMarker', encode(next.keyMarker))]),
    ...(next?.versionIdMarker === undefined ? [] : [xmlElement('NextVersionIdMarker', next.versionIdMarker)]),
    ...page.versions.map((version) => renderVersion(version, encode)),
    ...page.commonPrefixes.map((group) => `<CommonPrefixes>${xmlElement('Prefix', encode(group))}</CommonPrefixes>`),
    '</ListVersionsResult>',
  ].join('')
}

function renderVersion({ key, versionId, isLatest, lastModified, object }: ListedVersion, encode: Encode): string {
  const common = [
    xmlElement('Key', encode(key)),
    xmlElement('VersionId', versionId),
    xmlElement('IsLatest', isLatest),
    xmlElement('LastModified', lastModified.toISOString()),
    `<Owner>${xmlElement('ID', 'local')}${xmlElement('DisplayName', 'local')}</Owner>`,
  ]
  if (object === undefined) return `<DeleteMarker>${common.join('')}</DeleteMarker>`
  const content = [
    xmlElement('ETag', `"${object.etag}"`),
    xmlElement('Size', object.body.byteLength),
    xmlElement('StorageClass', 'STANDARD'),
  ]
  return `<Version>${[...common, ...content].join('')}</Version>`
}
