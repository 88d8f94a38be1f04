import type { ObjectHead } from './object-store.ts'

export type ObjectVersion = ObjectHead & { readonly versionId: string; readonly isLatest: boolean }

/** The versions of one key that the bucket still has. If the bucket is not versioned: the object itself. */
export type KeyVersions = {
  readonly key: string
  /** The newest first, without delete markers. */
  readonly versions: readonly ObjectVersion[]
  /** The times of its delete markers, the newest first. */
  readonly deletions: readonly Date[]
  /** Only if the object is deleted now: since when. */
  readonly deletedAt?: Date
}

/** The versions of the objects of one bucket. Throws ServiceError. */
export interface ObjectVersions {
  /** Every key with this beginning, in no order. */
  list(prefix: string): AsyncIterable<KeyVersions>
  /** The body of a version. `undefined`: the version is gone. */
  get(key: string, versionId: string): Promise<Uint8Array | undefined>
}
