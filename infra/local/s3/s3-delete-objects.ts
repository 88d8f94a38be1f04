import type { MemoryBucket } from '../../../shared/memory/s3/memory-bucket.ts'
import type { Caller } from '../../../shared/memory/s3/object-change.ts'
import { isServiceError, ServiceError } from '../../../shared/ports/service-error.ts'
import { checkMayWrite } from './write-permission.ts'
import { xmlElement, xmlTexts } from './xml-text.ts'

type Named = { readonly key: string; readonly etag: string | undefined }

// S3 API Reference, "DeleteObjects".
const mostAtOnce = 1000

/** DeleteObjects: each key succeeds or fails on its own. Answers the XML. */
export function deleteObjects(bucket: MemoryBucket, caller: Caller, xml: string): string {
  const named = parseDelete(xml)
  const [quiet] = xmlTexts(xml, 'Quiet')
  const results = named.map((object) => {
    const refusal = deleteObject(bucket, caller, object)
    if (refusal !== undefined) return errorOf(object.key, refusal)
    return quiet?.trim() === 'true' ? '' : `<Deleted>${xmlElement('Key', object.key)}</Deleted>`
  })
  return `<?xml version="1.0" encoding="UTF-8"?>\n<DeleteResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${results.join('')}</DeleteResult>`
}

function parseDelete(xml: string): readonly Named[] {
  const named = [...xml.matchAll(/<Object>(.*?)<\/Object>/gs)].map(([, inner = '']) => {
    const [key] = xmlTexts(inner, 'Key')
    const [etag] = xmlTexts(inner, 'ETag')
    return { key, etag: etag?.replaceAll('"', '') }
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

function deleteObject(bucket: MemoryBucket, caller: Caller, { key, etag }: Named): ServiceError | undefined {
  try {
    checkMayWrite(caller.accessKeyId, key)
    bucket.delete(caller, key, etag === undefined ? undefined : { ifMatch: etag })
    return undefined
  } catch (error) {
    if (isServiceError(error)) return error
    throw error
  }
}

function errorOf(key: string, { code, message }: ServiceError): string {
  return `<Error>${xmlElement('Key', key)}${xmlElement('Code', code)}${xmlElement('Message', message)}</Error>`
}
