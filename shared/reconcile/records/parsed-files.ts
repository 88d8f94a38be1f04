import type { Format, Kind } from '../../domain/inputs/kind.ts'
import { type Parsed, refused } from '../../domain/statuses/complaint.ts'
import type { ObjectHead, ObjectStore, ReadObject } from '../../ports/object-store.ts'
import { forEachAtOnce, listHeadsInParts } from './list-heads.ts'
import { readInput } from './read-input.ts'

/** A file under the prefix as it is now. `size`: of the whole object, even if ssofile did not read it. */
export type ParsedFile<T> = {
  readonly key: string
  readonly etag: string
  readonly size: number
  readonly file: Parsed<T>
  /** Only of a valid file. */
  readonly text?: string
}

type ReadByName<T> = {
  readonly files: ReadonlyMap<string, Parsed<T>>
  readonly contents: ReadonlyMap<string, string>
  readonly texts: ReadonlyMap<string, FileText>
}

type FormatOf<T> = Pick<Kind, 'at' | 'isKey'> & Omit<Format<unknown, T>, 'parseName'>

type Limits = {
  /** With more files, ssofile reads none. */
  readonly filesMost: number
  /** Texts from an earlier reading, by key. If S3 lists a file with the same etag, its text is used instead of a new read. Called once. */
  readonly readBefore?: () => Promise<ReadonlyMap<string, FileText>>
}

/** The text of a file at this etag. */
export type FileText = { readonly etag: string; readonly text: string }

/** The files of one kind that governance writes. Each reading is strongly consistent: one listing, and a read of each file that changed. */
export class ParsedFiles<T> {
  readonly #objects: ObjectStore
  readonly #kind: FormatOf<T>
  readonly #limits: Limits
  #known: ReadonlyMap<string, ParsedFile<T>> | undefined

  constructor(objects: ObjectStore, kind: FormatOf<T>, limits: Limits) {
    this.#objects = objects
    this.#kind = kind
    this.#limits = limits
  }

  /**
   * Ascending by key. A file that S3 does not return has a complaint. `tooMany`: the keys, if there are too many files. Throws if S3 does
   * not answer.
   */
  async read(): Promise<{ readonly files: readonly ParsedFile<T>[]; readonly tooMany?: readonly string[] }> {
    const { at, isKey = () => true } = this.#kind
    const { filesMost, readBefore } = this.#limits
    const before = this.#known ? undefined : await readBefore?.()
    const known = [...(this.#known ?? before ?? new Map<string, never>()).keys()]
    const listed = await listHeadsInParts(this.#objects, at, known)
    const heads = listed.filter(({ key }) => isKey(key))
    if (heads.length > filesMost) return { files: [], tooMany: heads.map(({ key }) => key) }
    const read = new Map<string, ParsedFile<T>>()
    await forEachAtOnce(heads, async (head) => {
      const last = this.#known?.get(head.key) ?? this.#parseText(head, before?.get(head.key))
      // S3 may return the file now, under the same etag.
      const found = last?.etag === head.etag && last.file.ok ? last : await this.#readOne(head)
      if (found) read.set(head.key, found)
    })
    this.#known = read
    return { files: heads.flatMap(({ key }) => read.get(key) ?? []) }
  }

  /**
   * The files by the names in their keys. `contents`: a text that changes if the file's content changes, or if the file becomes usable.
   * `texts`: by key, only of usable files. `refuse`: the complaints if there are too many files.
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

  /** `undefined`: the file is gone. */
  async #readOne({ key, etag, size }: ObjectHead): Promise<ParsedFile<T> | undefined> {
    const found = await readInput(this.#objects, key, { mostBytes: this.#kind.mostBytes })
    if (!found) return undefined
    return 'complaint' in found ? { key, etag, size, file: refused(found.complaint) } : this.#parse(key, found)
  }

  #parse(key: string, { etag, size, body }: Pick<ReadObject, 'etag' | 'size' | 'body'>): ParsedFile<T> {
    const file = this.#kind.parseBody(key, body, size)
    return { key, etag, size, file, ...(file.ok ? { text: new TextDecoder().decode(body) } : {}) }
  }
}
