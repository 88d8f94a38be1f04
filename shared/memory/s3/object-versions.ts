import type { OpenTable } from '../table.ts'
import type { StoredObject } from './stored-object.ts'

/** A version of a key that is not its current object. Without an object it is a delete marker. */
export type KeptVersion = {
  readonly key: string
  /** `null`: written while the bucket was not versioned. */
  readonly versionId: string
  /** Greater: written later. */
  readonly sequence: number
  readonly lastModified: Date
  readonly object?: StoredObject
  /** Since this time it is noncurrent, or a delete marker. */
  readonly keptSince?: Date
}

/** The lifecycle of noncurrent versions with this key prefix. */
export type VersionLifecycle = {
  readonly prefix: string
  /** Versions expire this many days after they became noncurrent, delete markers too. */
  readonly days: number
  /** The oldest expire sooner if all under the prefix need more memory than this. */
  readonly bytesMost: number
}

type Expiring = {
  readonly lifecycle: VersionLifecycle
  /** The longest kept version first, with the instant since when (epoch milliseconds). */
  readonly queue: Map<string, number>
  bytes: number
}

const dayMs = 86_400_000
/** The approximate size of a version besides key and body. */
const overheadBytes = 500

/**
 * The noncurrent versions and the delete markers of a bucket. Source: S3 User Guide, "How S3 Versioning works" and
 * "Lifecycle configuration elements" (NoncurrentVersionExpiration, ExpiredObjectDeleteMarker).
 */
export class ObjectVersions {
  readonly #kept: Map<string, KeptVersion>
  /** An index over #kept: the newest version of a key first. */
  readonly #byKey = new Map<string, KeptVersion[]>()
  readonly #expiring: readonly Expiring[]

  constructor(openTable: OpenTable, lifecycle: readonly VersionLifecycle[]) {
    this.#kept = openTable('object-versions')
    this.#expiring = lifecycle.map((rule) => ({ lifecycle: rule, queue: new Map(), bytes: 0 }))
    for (const version of this.#kept.values()) this.#index(version)
  }

  keys(): Iterable<string> {
    return this.#byKey.keys()
  }

  /** The newest first. */
  of(key: string): readonly KeptVersion[] {
    return this.#byKey.get(key) ?? []
  }

  add(version: KeptVersion, now: Date): void {
    const kept = { ...version, keptSince: now }
    this.#kept.set(refOf(kept), kept)
    this.#index(kept)
  }

  remove(version: KeptVersion): void {
    const ref = refOf(version)
    if (!this.#kept.delete(ref)) return
    const others = this.of(version.key).filter(({ versionId }) => versionId !== version.versionId)
    if (others.length === 0) this.#byKey.delete(version.key)
    else this.#byKey.set(version.key, others)
    const expiring = this.#expiringOf(version.key)
    if (expiring?.queue.delete(ref)) expiring.bytes -= bytesOf(version)
  }

  /**
   * Removes expired versions of keys like this one. `isLatest`: whether it is the newest version of its key, which only a delete marker can
   * be here. Answers the keys that lost a version.
   */
  expire(key: string, now: Date, isLatest: (version: KeptVersion) => boolean): ReadonlySet<string> {
    const touched = new Set<string>()
    const expiring = this.#expiringOf(key)
    if (expiring === undefined) return touched
    const { queue, lifecycle } = expiring
    for (const [ref, sinceMs] of queue) {
      const isOver = now.getTime() - sinceMs > lifecycle.days * dayMs || expiring.bytes > lifecycle.bytesMost
      if (!isOver) break
      const version = this.#kept.get(ref)
      if (version === undefined) throw new Error(`an expired version is not stored: ${ref}`)
      // Without its delete marker an older version would become the object again.
      if (isLatest(version) && this.of(version.key).length > 1) continue
      this.remove(version)
      touched.add(version.key)
    }
    return touched
  }

  #index(version: KeptVersion): void {
    const versions = [...this.of(version.key), version].sort((a, b) => b.sequence - a.sequence)
    this.#byKey.set(version.key, versions)
    const expiring = this.#expiringOf(version.key)
    if (expiring === undefined) return
    const { keptSince = version.lastModified } = version
    expiring.queue.set(refOf(version), keptSince.getTime())
    expiring.bytes += bytesOf(version)
  }

  #expiringOf(key: string): Expiring | undefined {
    return this.#expiring.find(({ lifecycle }) => key.startsWith(lifecycle.prefix))
  }
}

function refOf({ key, versionId }: KeptVersion): string {
  return `${versionId}/${key}`
}

function bytesOf({ key, object }: KeptVersion): number {
  return overheadBytes + key.length + (object?.body.byteLength ?? 0)
}
