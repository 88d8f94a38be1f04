import { createHash } from 'node:crypto'
import { ServiceError } from '../../ports/service-error.ts'
import type { OpenTable } from '../table.ts'

type Part = { readonly etag: string; readonly size: number; readonly uploadedAt?: Date }
type Upload = {
  readonly key: string
  readonly headers: Readonly<Record<string, string>>
  readonly customerKeyMd5: string | undefined
  /** In whole seconds: the date of the object. */
  readonly begunAt: Date
  readonly parts: Readonly<Record<number, Part>>
}

export type NamedPart = { readonly partNumber: number; readonly etag: string }
export type AssembledUpload = Omit<Upload, 'parts'> & { readonly body: Uint8Array; readonly etag: string }

// S3 User Guide, "Amazon S3 multipart upload limits": every part but the last.
const partLeastBytes = 5 * 1024 * 1024

/** Multipart uploads of one bucket that are neither completed nor aborted. */
export class MultipartUploads {
  readonly #uploads: Map<string, Upload>
  /** By upload id and part number. */
  readonly #bodies: Map<string, Uint8Array>

  constructor(openTable: OpenTable) {
    this.#uploads = openTable('multipart-uploads')
    this.#bodies = openTable('multipart-upload-parts')
  }

  create(uploadId: string, upload: Omit<Upload, 'parts'>): void {
    this.#uploads.set(uploadId, { ...upload, parts: {} })
  }

  /** Answers the part's etag. A repeated part number replaces the earlier part. */
  putPart(uploadId: string, partNumber: number, body: Uint8Array, uploadedAt: Date): string {
    const upload = this.find(uploadId)
    const etag = createHash('md5').update(body).digest('hex')
    this.#bodies.set(`${uploadId}/${partNumber}`, new Uint8Array(body))
    const parts = { ...upload.parts, [partNumber]: { etag, size: body.byteLength, uploadedAt } }
    this.#uploads.set(uploadId, { ...upload, parts })
    return etag
  }

  /** Throws ServiceError NoSuchUpload. */
  find(uploadId: string): Upload {
    const upload = this.#uploads.get(uploadId)
    if (upload === undefined) throw s3Error('NoSuchUpload', 'The specified multipart upload does not exist.')
    return upload
  }

  /** The object from these parts; the upload stays, since a conditional completion may still be refused. */
  assemble(uploadId: string, named: readonly NamedPart[]): AssembledUpload {
    const { key, headers, customerKeyMd5, begunAt, parts } = this.find(uploadId)
    const digests = createHash('md5')
    const bodies = named.map(({ partNumber, etag }, index) => {
      if (index > 0 && partNumber <= (named[index - 1]?.partNumber ?? 0))
        throw s3Error('InvalidPartOrder', 'The list of parts was not in ascending order.')
      const part = parts[partNumber]
      const body = this.#bodies.get(`${uploadId}/${partNumber}`)
      if (part === undefined || body === undefined || part.etag !== etag)
        throw s3Error('InvalidPart', `Part ${partNumber} was not uploaded, or its entity tag differs.`)
      if (part.size < partLeastBytes && index < named.length - 1)
        throw s3Error('EntityTooSmall', `Part ${partNumber} has ${part.size} bytes; the least is ${partLeastBytes}.`)
      digests.update(Buffer.from(part.etag, 'hex'))
      return body
    })
    return {
      key,
      headers,
      customerKeyMd5,
      begunAt,
      body: Buffer.concat(bodies),
      etag: `${digests.digest('hex')}-${named.length}`,
    }
  }

  /** Forgets the upload and its parts. Throws ServiceError NoSuchUpload. */
  remove(uploadId: string): void {
    for (const partNumber of Object.keys(this.find(uploadId).parts)) this.#bodies.delete(`${uploadId}/${partNumber}`)
    this.#uploads.delete(uploadId)
  }
}

function s3Error(code: string, message: string): ServiceError {
  return new ServiceError('s3', code, message)
}
