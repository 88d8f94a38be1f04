import { type Parsed, refused } from '../../domain/statuses/complaint.ts'
import type { ObjectHead, ObjectStore, ReadObject } from '../../ports/object-store.ts'
import { forEachAtOnce, listHeadsInParts } from './list-heads.ts'
import { readInput } from './read-input.ts'

/** A file under the prefix as it is now. `size` is the object's, whatever of it was read. */
export type ParsedFile<T> = {
  readonly key: string
  readonly etag: string
  readonly size: number
  readonly file: Parsed<T>
  /** Of one that is valid. */
  readonly text?: string
}

type ReadByName<T> = {
  readonly files: ReadonlyMap<string, Parsed<T>>
  readonly contents: ReadonlyMap<string, string>
  readonly texts: ReadonlyMap<string, FileText>
}

type Kind<T> = {
  readonly prefix: string
  readonly isKey: (key: string) => boolean
  readonly mostBytes: number
  /** With more files none is read. */
  readonly filesMost: number
  readonly parse: (key: string, body: Uint8Array, sizeBytes: number) => Parsed<T>
  /** What others have read before, by key: of what S3 lists with the same etag, nothing is read. Asked for once. */
  readonly readBefore?: () => Promise<ReadonlyMap<string, FileText>>
}

/** What stands in a file that had this etag. */
export type FileText = { readonly etag: string; readonly text: string }

/** The files of one kind that governance writes, by strongly consistent reads: one listing, and what changed since the last. */
export class ParsedFiles<T> {
  readonly #objects: ObjectStore
  readonly #kind: Kind<T>
  #known: ReadonlyMap<string, ParsedFile<T>> | undefined

  constructor(objects: ObjectStore, kind: Kind<T>) {
    this.#objects = objects
    this.#kind = kind
  }

  /** Ascending by key. What S3 does not give is refused. `tooMany`: their keys. Throws where S3 does not answer. */
  async read(): Promise<{ readonly files: readonly ParsedFile<T>[]; readonly tooMany?: readonly string[] }> {
    const { prefix, isKey, filesMost, readBefore } = this.#kind
    const before = this.#known ? undefined : await readBefore?.()
    const known = [...(this.#known ?? before ?? new Map<string, never>()).keys()]
    const listed = await listHeadsInParts(this.#objects, prefix, known)
    const heads = listed.filter(({ key }) => isKey(key))
    if (heads.length > filesMost) return { files: [], tooMany: heads.map(({ key }) => key) }
    const read = new Map<string, ParsedFile<T>>()
    await forEachAtOnce(heads, async (head) => {
      const last = this.#known?.get(head.key) ?? this.#parseText(head, before?.get(head.key))
      // What S3 did not give, it may give now, under the same etag.
      const found = last?.etag === head.etag && last.file.ok ? last : await this.#readOne(head)
      if (found) read.set(head.key, found)
    })
    this.#known = read
    return { files: heads.flatMap(({ key }) => read.get(key) ?? []) }
  }

  /**
   * By the names in their keys. `contents`: a text that differs where the file has another content, or can be used and could not
   * before. `texts`: by key, of those that can be used. `refuse`: what is said of each where there are too many.
   */
  async readByName(
    nameIn: (key: string) => string,
    refuse: (keys: readonly string[]) => ReadonlyMap<string, Parsed<T>>,
  ): Promise<ReadByName<T>> {
    const { files, tooMany } = await this.read()
    if (tooMany) {
      const refusals = refuse(tooMany)
      return {
        files: refusals,
        contents: new Map([...refusals.keys()].map((name) => [name, 'too many'])),
        texts: new Map(),
      }
    }
    const named = files.map(({ key, etag, file }) => ({ name: nameIn(key), etag, file }))
    return {
      files: new Map(named.map(({ name, file }) => [name, file])),
      contents: new Map(named.map(({ name, etag, file }) => [name, file.ok ? etag : `${etag} broken`])),
      texts: new Map(files.flatMap(({ key, etag, text }) => (text === undefined ? [] : [[key, { etag, text }]]))),
    }
  }

  #parseText({ key, etag, size }: ObjectHead, before: FileText | undefined): ParsedFile<T> | undefined {
    if (before?.etag !== etag) return undefined
    return this.#parse(key, { etag, size, body: new TextEncoder().encode(before.text) })
  }

  /** `undefined`: it is gone. */
  async #readOne({ key, etag, size }: ObjectHead): Promise<ParsedFile<T> | undefined> {
    const found = await readInput(this.#objects, key, { mostBytes: this.#kind.mostBytes })
    if (!found) return undefined
    return 'complaint' in found ? { key, etag, size, file: refused(found.complaint) } : this.#parse(key, found)
  }

  #parse(key: string, { etag, size, body }: Pick<ReadObject, 'etag' | 'size' | 'body'>): ParsedFile<T> {
    const file = this.#kind.parse(key, body, size)
    return { key, etag, size, file, ...(file.ok ? { text: new TextDecoder().decode(body) } : {}) }
  }
}
