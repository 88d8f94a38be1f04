import type { MemoryBucket, ObjectPage } from '../../../shared/memory/s3/memory-bucket.ts'
import { ServiceError } from '../../../shared/ports/service-error.ts'
import { s3Document, type XmlMembers } from './xml-text.ts'

export type Encode = (text: string) => string
const mostAtAll = 1000
export const localOwner = { ID: 'local', DisplayName: 'local' }

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
  return s3Document('ListBucketResult', {
    Name: bucket.name,
    Prefix: encode(prefix),
    Delimiter: delimiter && encode(delimiter),
    MaxKeys: most,
    EncodingType: query.has('encoding-type') ? 'url' : undefined,
    IsTruncated: page.next !== undefined,
    ...(isVersion2
      ? placeVersion2(page, encode, startAfter, token)
      : placeVersion1(page, encode, startAfter, delimiter)),
    Contents: contentsOf(page, encode, !isVersion2 || query.get('fetch-owner') === 'true'),
    CommonPrefixes: page.commonPrefixes.map((group) => ({ Prefix: encode(group) })),
  })
}

function placeVersion1(page: ObjectPage, encode: Encode, marker: string, delimiter: string | undefined): XmlMembers {
  // Without a delimiter the next marker is the last key. (S3 API Reference, "ListObjects", NextMarker.)
  const tellsNext = page.next !== undefined && delimiter !== undefined
  return { Marker: encode(marker), NextMarker: tellsNext ? encode(page.next) : undefined }
}

function placeVersion2(page: ObjectPage, encode: Encode, startAfter: string, token: string | null): XmlMembers {
  return {
    KeyCount: page.objects.length + page.commonPrefixes.length,
    StartAfter: startAfter === '' ? undefined : encode(startAfter),
    ContinuationToken: token ?? undefined,
    NextContinuationToken: page.next === undefined ? undefined : toToken(page.next),
  }
}

function contentsOf({ objects }: ObjectPage, encode: Encode, tellsOwner: boolean): readonly XmlMembers[] {
  return objects.map(({ key, lastModified, etag, size }) => ({
    Key: encode(key),
    LastModified: lastModified,
    ETag: `"${etag}"`,
    Size: size,
    Owner: tellsOwner ? localOwner : undefined,
    StorageClass: 'STANDARD',
  }))
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
