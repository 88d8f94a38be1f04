import { GetObjectCommand, ListObjectVersionsCommand, S3Client } from '@aws-sdk/client-s3'
import { decodeS3Key } from '../domain/messages/s3-event.ts'
import type { KeyVersions, ObjectVersion, ObjectVersions } from '../ports/object-versions.ts'
import { answerOf, answerOrAbsent } from './answers.ts'
import { clientSettings, hasOwnS3Endpoint } from './aws-ports.ts'

/** The client retries throttled calls, because every call here reads. */
const patience = { maxAttempts: 6 }

/** The versions of a bucket in S3, in the standard AWS environment. */
export function openAwsObjectVersions(bucket: string): ObjectVersions {
  return new S3ObjectVersions(
    new S3Client({ ...clientSettings(), ...patience, forcePathStyle: hasOwnS3Endpoint() }),
    bucket,
  )
}

export class S3ObjectVersions implements ObjectVersions {
  readonly #client: S3Client
  readonly #bucket: string

  constructor(client: S3Client, bucket: string) {
    this.#client = client
    this.#bucket = bucket
  }

  async *list(prefix: string): AsyncGenerator<KeyVersions> {
    let open = new Map<string, { versions: ObjectVersion[]; deletions: Date[]; deletedAt?: Date }>()
    const groupOf = (key: string) => {
      const known = open.get(key) ?? { versions: [], deletions: [] }
      open.set(key, known)
      return known
    }
    for (let KeyMarker: string | undefined, VersionIdMarker: string | undefined; ; ) {
      const Bucket = this.#bucket
      const about = { Bucket, Prefix: prefix, KeyMarker, VersionIdMarker, EncodingType: 'url' } as const
      const page = await answerOf('s3', this.#client.send(new ListObjectVersionsCommand(about)))
      for (const { Key = '', VersionId = '', IsLatest = false, LastModified, ETag = '', Size = 0 } of page.Versions ??
        []) {
        const key = decodeS3Key(Key)
        const lastModified = LastModified ?? new Date(0)
        const etag = ETag.replaceAll('"', '')
        groupOf(key).versions.push({ key, versionId: VersionId, isLatest: IsLatest, lastModified, etag, size: Size })
      }
      for (const { Key = '', IsLatest, LastModified } of page.DeleteMarkers ?? []) {
        const group = groupOf(decodeS3Key(Key))
        if (LastModified) group.deletions.push(LastModified)
        if (IsLatest && LastModified) group.deletedAt = LastModified
      }
      KeyMarker = page.IsTruncated ? decodeS3Key(page.NextKeyMarker ?? '') : undefined
      VersionIdMarker = page.NextVersionIdMarker
      // A page may end between two versions of a key.
      const last = KeyMarker === undefined ? undefined : open.get(KeyMarker)
      for (const [key, group] of open) if (group !== last) yield { key, ...group }
      if (KeyMarker === undefined) return
      open = new Map(last ? [[KeyMarker, last]] : [])
    }
  }

  async get(key: string, versionId: string): Promise<Uint8Array | undefined> {
    const call = this.#client.send(new GetObjectCommand({ Bucket: this.#bucket, Key: key, VersionId: versionId }))
    const output = await answerOrAbsent('s3', call, ({ code }) => code === 'NoSuchVersion' || code === 'NoSuchKey')
    return output && ((await output.Body?.transformToByteArray()) ?? new Uint8Array())
  }
}
