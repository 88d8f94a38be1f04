import type { MemoryBucket, ObjectPage } from '../../../shared/memory/s3/memory-bucket.ts'
import { ServiceError } from '../../../shared/ports/service-error.ts'
import { xmlElement } from './xml-text.ts'

export type Encode = (text: string) => string
const mostAtAll = 1000

/** ListObjects, or ListObjectsV2 with `list-type=2`, as XML. fauxqs does not support encoding-type and loses its place. */
export function renderListing(bucket: MemoryBucket, query: URLSearchParams): string {
  const isVersion2 = query.get('list-type') === '2'
  const encode = encodingOf(query)
  const token = query.get('continuation-token')
  const startAfter = isVersion2 ? (query.get('start-after') ?? '') : (query.get('marker') ?? '')
  const prefix = query.get('prefix') ?? ''
  const delimiter = query.get('delimiter') || undefined
  const most = maxKeysOf(query)
  const page = bucket.listPage({ prefix, delimiter, most, startAfter: token === null ? startAfter : fromToken(token) })
  return [
    '<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">',
    xmlElement('Name', bucket.name),
    xmlElement('Prefix', encode(prefix)),
    ...(delimiter === undefined ? [] : [xmlElement('Delimiter', encode(delimiter))]),
    xmlElement('MaxKeys', most),
    ...(query.has('encoding-type') ? [xmlElement('EncodingType', 'url')] : []),
    xmlElement('IsTruncated', page.next !== undefined),
    ...(isVersion2
      ? placeVersion2(page, encode, startAfter, token)
      : placeVersion1(page, encode, startAfter, delimiter)),
    ...contentsOf(page, encode, !isVersion2 || query.get('fetch-owner') === 'true'),
    ...page.commonPrefixes.map((group) => `<CommonPrefixes>${xmlElement('Prefix', encode(group))}</CommonPrefixes>`),
    '</ListBucketResult>',
  ].join('')
}

function placeVersion1(
  page: ObjectPage,
  encode: Encode,
  marker: string,
  delimiter: string | undefined,
): readonly string[] {
  // Without a delimiter the next marker is the last key. (S3 API Reference, "ListObjects", NextMarker.)
  const tellsNext = page.next !== undefined && delimiter !== undefined
  return [xmlElement('Marker', encode(marker)), ...(tellsNext ? [xmlElement('NextMarker', encode(page.next))] : [])]
}

function placeVersion2(page: ObjectPage, encode: Encode, startAfter: string, token: string | null): readonly string[] {
  return [
    xmlElement('KeyCount', page.objects.length + page.commonPrefixes.length),
    ...(startAfter === '' ? [] : [xmlElement('StartAfter', encode(startAfter))]),
    ...(token === null ? [] : [xmlElement('ContinuationToken', token)]),
    ...(page.next === undefined ? [] : [xmlElement('NextContinuationToken', toToken(page.next))]),
  ]
}

function contentsOf({ objects }: ObjectPage, encode: Encode, tellsOwner: boolean): readonly string[] {
  const owner = tellsOwner ? `<Owner>${xmlElement('ID', 'local')}${xmlElement('DisplayName', 'local')}</Owner>` : ''
  return objects.map(({ key, lastModified, etag, size }) => {
    const about = `${xmlElement('Key', encode(key))}${xmlElement('LastModified', lastModified.toISOString())}`
    const version = `${xmlElement('ETag', `"${etag}"`)}${xmlElement('Size', size)}`
    return `<Contents>${about}${version}${owner}${xmlElement('StorageClass', 'STANDARD')}</Contents>`
  })
}

/** Encodes like HTML forms, but keeps slashes. (S3 API Reference, "ListObjectsV2", EncodingType.) */
export function encodingOf(query: URLSearchParams): Encode {
  const type = query.get('encoding-type')
  if (type === null) return (text) => text
  if (type !== 'url') throw new ServiceError('s3', 'InvalidArgument', 'Invalid Encoding Method specified in Request')
  return (text) => encodeURIComponent(text).replaceAll('%20', '+').replaceAll('%2F', '/')
}

export function maxKeysOf(query: URLSearchParams, name = 'max-keys'): number {
  const given = query.get(name)
  if (given === null) return mostAtAll
  if (!/^\d{1,10}$/.test(given))
    throw new ServiceError('s3', 'InvalidArgument', `Provided ${name} not an integer or within integer range`)
  return Math.min(Number(given), mostAtAll)
}

function toToken(place: string): string {
  return Buffer.from(place).toString('base64url')
}

function fromToken(token: string): string {
  const place = Buffer.from(token, 'base64url').toString()
  if (toToken(place) === token && place !== '') return place
  throw new ServiceError('s3', 'InvalidArgument', 'The continuation token provided is incorrect')
}
