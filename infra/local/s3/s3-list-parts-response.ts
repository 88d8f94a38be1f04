import type { MemoryBucket } from '../../../shared/memory/s3/memory-bucket.ts'
import { ServiceError } from '../../../shared/ports/service-error.ts'
import { maxKeysOf } from './s3-list-response.ts'
import { xmlElement } from './xml-text.ts'

/** ListParts as XML. Throws ServiceError NoSuchUpload. Source: S3 API Reference, "ListParts". */
export function renderParts(bucket: MemoryBucket, key: string, query: URLSearchParams): string {
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
  const owner = `${xmlElement('ID', 'local')}${xmlElement('DisplayName', 'local')}`
  return [
    '<?xml version="1.0" encoding="UTF-8"?>\n<ListPartsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">',
    xmlElement('Bucket', bucket.name),
    xmlElement('Key', key),
    xmlElement('UploadId', uploadId),
    `<Initiator>${owner}</Initiator><Owner>${owner}</Owner>`,
    xmlElement('StorageClass', 'STANDARD'),
    xmlElement('PartNumberMarker', marker),
    xmlElement('NextPartNumberMarker', page.at(-1)?.number ?? 0),
    xmlElement('MaxParts', most),
    xmlElement('IsTruncated', page.length < parts.length),
    ...page.map(
      ({ number, etag, size, uploadedAt }) =>
        `<Part>${xmlElement('PartNumber', number)}${xmlElement('LastModified', (uploadedAt ?? bucket.createdAt).toISOString())}${xmlElement('ETag', `"${etag}"`)}${xmlElement('Size', size)}</Part>`,
    ),
    '</ListPartsResult>',
  ].join('')
}
