import { createHash } from 'node:crypto'
import pLimit from 'p-limit'
import { cutNames, type Names, placeOf } from '../../domain/text/sorted-names.ts'
import type { ObjectStore, ReadingObjects } from '../../ports/object-store.ts'
import type { Ports } from '../../ports/ports.ts'
import type { RecordKind } from './define-record.ts'
import { forEachAtOnce, readsAtOnce } from './list-heads.ts'

/** Items of a long list, in an object of their own that never changes. */
export type Part<Item = string> = { readonly key: string; readonly items: readonly Item[] }

/** Items in their order. */
type Listed<Item> = { readonly length: number; readonly slice: (from: number, to: number) => readonly Item[] }

/** The items of a list ascend by their names. */
export type KindOfList<Item, Body, List> = {
  readonly parts: RecordKind<string, Body>
  /** A list with more items is divided; a part has at most so many. */
  readonly most: number
  readonly toBody: (items: readonly Item[]) => Body
  readonly itemsOf: (body: Body) => readonly Item[]
  readonly namesOf: (items: List | readonly Item[]) => Names
  readonly isSame: (one: Item, other: Item | undefined) => boolean
}

/**
 * The lists of a record with more items than one part has. With tens of thousands of items each change would write megabytes; so it
 * writes only the parts with a change. A part is written before the record that names it. Its key has the etag of the record
 * before, so no two versions of the record make the same part.
 */
export class LongLists<Item, Body, List extends Listed<Item>> {
  readonly #kind: KindOfList<Item, Body, List>
  /** The parts of the lists that were read or written. */
  #partsOf = new WeakMap<List, readonly Part<Item>[]>()
  /** The parts of the last record, and its etag. */
  #known = new Map<string, Part<Item>>()
  #etag: string | undefined

  constructor(kind: KindOfList<Item, Body, List>) {
    this.#kind = kind
  }

  /** The items of these parts, in their order. `undefined`: a part is gone. */
  async join<L extends List>(
    objects: ReadingObjects,
    keys: readonly string[],
    toList: (pieces: readonly (readonly Item[])[]) => L,
  ): Promise<L | undefined> {
    // Another read may learn of a newer record meanwhile, which has other parts.
    const known = this.#known
    const fresh = keys.filter((key) => !known.has(key))
    const read = new Map(await pLimit(readsAtOnce).map(fresh, async (key) => [key, await this.#read(objects, key)]))
    const found = keys.flatMap((key) => known.get(key) ?? read.get(key) ?? [])
    if (found.length < keys.length) return undefined
    const list = toList(found.map(({ items }) => items))
    this.#partsOf.set(list, found)
    return list
  }

  /**
   * Call it before a write. `etag`: of the record that the write replaces; `undefined`: there is none. If it is not the last known
   * record, somebody may have deleted that one with its parts, so no part counts as written.
   */
  replace(etag: string | undefined): void {
    if (etag === this.#etag) return
    this.#partsOf = new WeakMap()
    this.#known = new Map()
  }

  /** `undefined`: the list is short. `before`: the list as it was, so that parts without a change stay. */
  divide(items: List, before: List | undefined, etag = ''): readonly Part<Item>[] | undefined {
    const { most, namesOf, isSame } = this.#kind
    if (items.length <= most) return undefined
    const same = this.#partsOf.get(items)
    if (same) return same
    const old = (before && this.#partsOf.get(before)) ?? []
    const names = namesOf(items)
    const starts = [
      0,
      ...old.slice(1).map((part) => {
        const [first = ''] = namesOf(part.items.slice(0, 1))
        return placeOf(names, first)
      }),
      names.length,
    ]
    return starts.slice(1).flatMap((end, index) => {
      const [known, own] = [old[index], items.slice(starts[index] ?? 0, end)]
      const isKnown = () => known?.items.length === own.length && known.items.every((item, at) => isSame(item, own[at]))
      if (known && (known.items === own || isKnown())) return [known]
      return cutNames(own, most).map((piece) => this.#toPart(piece, etag))
    })
  }

  async write(objects: ObjectStore, parts: readonly Part<Item>[]): Promise<void> {
    const { parts: kind, toBody } = this.#kind
    const fresh = new Map(parts.filter(({ key }) => !this.#known.has(key)).map((part) => [part.key, part.items]))
    await pLimit(readsAtOnce).map(fresh, ([key, items]) =>
      kind.of(objects, key.slice(kind.at.length)).overwrite(toBody(items)),
    )
  }

  /** The record with this etag has these lists, in these parts. */
  know(lists: ReadonlyMap<List, readonly Part<Item>[]>, etag: string): void {
    this.#etag = etag
    for (const [items, parts] of lists) this.#partsOf.set(items, parts)
    this.#known = new Map([...lists.values()].flat().map((part) => [part.key, part]))
  }

  partsOf(items: List): readonly Part<Item>[] | undefined {
    return this.#partsOf.get(items)
  }

  async #read(objects: ReadingObjects, key: string): Promise<Part<Item> | undefined> {
    const { parts, itemsOf } = this.#kind
    const stored = await parts.read(objects, key.slice(parts.at.length))
    return stored && { key, items: itemsOf(stored.value) }
  }

  #toPart(items: readonly Item[], etag: string): Part<Item> {
    const digest = createHash('sha256')
      .update(JSON.stringify([etag, items]))
      .digest('hex')
      .slice(0, 32)
    return { key: this.#kind.parts.keyOf(digest), items }
  }
}

/** Deletes the parts under `prefix` that are older than `keptMs` and that no record names. `readNamed` answers `undefined`: delete none. */
export async function forgetParts(
  { objects, clock }: Pick<Ports, 'objects' | 'clock'>,
  { prefix, keptMs }: { readonly prefix: string; readonly keptMs: number },
  readNamed: () => Promise<ReadonlySet<string> | undefined>,
): Promise<void> {
  const before = clock.now().getTime() - keptMs
  const heads = await Array.fromAsync(objects.list(prefix))
  const old = heads.filter(({ lastModified }) => lastModified.getTime() < before)
  const named = old.length === 0 ? undefined : await readNamed()
  if (named === undefined) return
  const unused = old.filter(({ key }) => !named.has(key))
  await forEachAtOnce(unused, async ({ key }) => void (await objects.delete(key)))
}
