import { checkCustomerKey, type ListedVersion, type MemoryBucket } from '../shared/memory/s3/memory-bucket.ts'
import type { KeyVersions, ObjectVersions } from '../shared/ports/object-versions.ts'

/** The port on a `MemoryBucket`. */
export class MemoryObjectVersions implements ObjectVersions {
  readonly #model: MemoryBucket

  constructor(model: MemoryBucket) {
    this.#model = model
  }

  async *list(prefix: string): AsyncGenerator<KeyVersions> {
    const found: ListedVersion[] = []
    for (let markers: object | undefined = {}; markers; ) {
      const { versions, next } = this.#model.listVersionsPage({ prefix, ...markers })
      found.push(...versions)
      markers = next
    }
    for (const [key, all] of Map.groupBy(found, (version) => version.key)) {
      const versions = all.flatMap(({ versionId, isLatest, lastModified, object }) =>
        object ? [{ key, versionId, isLatest, lastModified, etag: object.etag, size: object.body.byteLength }] : [],
      )
      const markers = all.filter(({ object }) => object === undefined)
      const marker = markers.find(({ isLatest }) => isLatest)
      const deletions = markers.map(({ lastModified }) => lastModified)
      yield { key, versions, deletions, ...(marker && { deletedAt: marker.lastModified }) }
    }
  }

  async get(key: string, versionId: string): Promise<Uint8Array | undefined> {
    const object = this.#model.findVersion(key, versionId)?.object
    if (object) checkCustomerKey(object)
    return object && new Uint8Array(object.body)
  }
}
