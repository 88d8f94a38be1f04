import type { ObjectHead, ObjectStore, ReadObject } from '../../ports/object-store.ts'
import type { KeyVersions, ObjectVersions } from '../../ports/object-versions.ts'

type UndeletedObject = { readonly firstAt: Date; readonly lost: ObjectHead | undefined; readonly versionId: string }

/** The write-once objects under these prefixes without their deletions, each with the time of its first write. Reads only. */
export class UndeletedObjects {
  readonly #objects: ObjectStore
  readonly #versions: ObjectVersions
  readonly #known: ReadonlyMap<string, UndeletedObject>
  readonly #lost: readonly ObjectHead[]

  private constructor(objects: ObjectStore, versions: ObjectVersions, known: ReadonlyMap<string, UndeletedObject>) {
    this.#objects = objects
    this.#versions = versions
    this.#known = known
    this.#lost = [...known.values()].flatMap(({ lost }) => lost ?? []).sort((a, b) => (a.key < b.key ? -1 : 1))
  }

  static async read(objects: ObjectStore, versions: ObjectVersions, prefix: string): Promise<UndeletedObjects> {
    const known = new Map<string, UndeletedObject>()
    for await (const { key, versions: all, deletedAt } of versions.list(prefix)) {
      const written = toWritten(all)
      if (written && (deletedAt || all.length > 1))
        known.set(key, { ...written, lost: deletedAt && { ...written.head, lastModified: written.firstAt } })
    }
    return new UndeletedObjects(objects, versions, known)
  }

  get lost(): readonly ObjectHead[] {
    return this.#lost
  }

  /** Whether it was deleted or rewritten. Only a restoration rewrites it. */
  isTouched(key: string): boolean {
    return this.#known.has(key)
  }

  /** These objects as an object store, for readers of history. */
  asStore(): ObjectStore {
    const refuse = async (): Promise<never> => {
      throw new Error('nothing is written here')
    }
    return {
      bucket: this.#objects.bucket,
      head: (key) => this.#read(key),
      get: (key) => this.#read(key),
      getIfChanged: (key) => this.#read(key),
      list: (prefix) => this.#list(prefix),
      lastDeletion: (...about) => this.#objects.lastDeletion(...about),
      put: refuse,
      beginUpload: refuse,
      uploadPart: refuse,
      completeUpload: refuse,
      delete: refuse,
    }
  }

  async #read(key: string): Promise<ReadObject | undefined> {
    const known = this.#known.get(key)
    const found = await this.#objects.get(key)
    if (found) return known ? { ...found, lastModified: known.firstAt } : found
    const body = known?.lost && (await this.#versions.get(key, known.versionId))
    return body && known?.lost && { ...known.lost, body, servedAt: known.firstAt }
  }

  async *#list(prefix: string): AsyncGenerator<ObjectHead> {
    for await (const head of this.#objects.list(prefix)) {
      const known = this.#known.get(head.key)
      yield known ? { ...head, lastModified: known.firstAt } : head
    }
    let [low, high] = [0, this.#lost.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#lost[middle]?.key ?? '') < prefix) low = middle + 1
      else high = middle
    }
    for (let next = this.#lost[low]; next?.key.startsWith(prefix); next = this.#lost[++low]) yield next
  }
}

function toWritten(all: KeyVersions['versions']) {
  const [newest] = all
  const first = all.at(-1)
  if (!newest || !first) return undefined
  const { versionId, isLatest: _, ...head } = newest
  return { firstAt: first.lastModified, versionId, head }
}
