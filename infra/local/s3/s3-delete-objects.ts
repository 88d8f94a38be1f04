import { principalIdOf } from '../../../shared/memory/iam/person-sessions.ts'
import type { Deletion, MemoryBucket } from '../../../shared/memory/s3/memory-bucket.ts'
import type { Caller } from '../../../shared/memory/s3/object-change.ts'
import { isServiceError, ServiceError } from '../../../shared/ports/service-error.ts'
import type { Signer } from './local-bucket-policy.ts'
import { checkMayDeleteVersion, checkMayWrite } from './permissions.ts'
import { xmlElement, xmlTexts } from './xml-text.ts'

type Named = { readonly key: string; readonly etag: string | undefined; readonly versionId: string | undefined }

// S3 API Reference, "DeleteObjects".
const mostAtOnce = 1000

/** DeleteObjects: each key succeeds or fails on its own. Answers the XML. */
export function deleteObjects(bucket: MemoryBucket, caller: Caller & Signer, xml: string): string {
  const named = parseDelete(xml)
  const [quiet] = xmlTexts(xml, 'Quiet')
  const results = named.map((object) => {
    const result = deleteObject(bucket, caller, object)
    if (isServiceError(result)) return errorOf(object.key, result)
    return quiet?.trim() === 'true' ? '' : deletedOf(object, result)
  })
  return `<?xml version="1.0" encoding="UTF-8"?>\n<DeleteResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${results.join('')}</DeleteResult>`
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
function deletedOf({ key, versionId: asked }: Named, { versionId, isDeleteMarker }: Deletion): string {
  const parts = [
    xmlElement('Key', key),
    ...(asked === undefined ? [] : [xmlElement('VersionId', asked)]),
    ...(isDeleteMarker && versionId !== undefined
      ? [xmlElement('DeleteMarker', true), xmlElement('DeleteMarkerVersionId', versionId)]
      : []),
  ]
  return `<Deleted>${parts.join('')}</Deleted>`
}

function errorOf(key: string, { code, message }: ServiceError): string {
  return `<Error>${xmlElement('Key', key)}${xmlElement('Code', code)}${xmlElement('Message', message)}</Error>`
}
