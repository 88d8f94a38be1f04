import type { ObjectHead } from './object-store.ts'

export type ObjectVersion = ObjectHead & { readonly versionId: string; readonly isLatest: boolean }

/** What a bucket still has of one key. Where it is not versioned, that is the object itself. */
export type KeyVersions = {
  readonly key: string
  /** The newest first, without delete markers. */
  readonly versions: readonly ObjectVersion[]
  /** When it was deleted: the times of its delete markers, the newest first. */
  readonly deletions: readonly Date[]
  /** Where the object is deleted: when that was. */
  readonly deletedAt?: Date
}

/** The versions of the objects of one bucket. Throws ServiceError. */
export interface ObjectVersions {
  /** Every key that begins so, in no order. */
  list(prefix: string): AsyncIterable<KeyVersions>
  /** The body of a version; `undefined`: it is gone. */
  get(key: string, versionId: string): Promise<Uint8Array | undefined>
}
