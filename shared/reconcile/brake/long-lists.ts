import { createHash } from 'node:crypto'
import pLimit from 'p-limit'
import * as z from 'zod'
import { record } from '../../domain/json/record.ts'
import { cutNames, placeOf } from '../../domain/text/sorted-names.ts'
import type { ObjectStore, ReadingObjects } from '../../ports/object-store.ts'
import { readStored, renderJson } from '../records/stored-json.ts'
import { readsAtOnce } from './count-open.ts'

/** Names of a long list, in an object of their own that never changes. */
export type Part = { readonly key: string; readonly names: readonly string[] }

export const partsPrefix = 'control/brake/'
/** About 40 kB. */
export const partNamesMost = 500

const partBody = record({ v: z.literal(1), names: z.array(z.string()) })

/**
 * The lists of `control/brake.json` with more names than one part has. With tens of thousands of held names each change would
 * write megabytes; so it writes only the parts with a change. A part is written before the record that names it. Its key has
 * the etag of the record before, so no two versions of the record make the same part.
 */
export class LongLists {
  readonly #most: number
  /** The parts of the lists that were read or written. */
  readonly #partsOf = new WeakMap<readonly string[], readonly Part[]>()
  /** The parts of the last record. */
  #known = new Map<string, Part>()

  constructor(most = partNamesMost) {
    this.#most = most
  }

  /** The names of these parts, in their order. `undefined`: a part is gone. */
  async join<T extends string>(
    objects: ReadingObjects,
    keys: readonly string[],
    parse: (names: readonly string[]) => T[],
  ): Promise<T[] | undefined> {
    const parts = await pLimit(readsAtOnce).map(keys, async (key) => this.#known.get(key) ?? readPart(objects, key))
    const found = parts.filter((part) => part !== undefined)
    if (found.length < keys.length) return undefined
    const names = parse(found.flatMap((part) => part.names))
    this.#partsOf.set(names, found)
    return names
  }

  /** `undefined`: the list is short. `before`: the list as it was, so that parts without a change stay. */
  divide(names: readonly string[], before: readonly string[] = [], etag = ''): readonly Part[] | undefined {
    if (names.length <= this.#most) return undefined
    const same = this.#partsOf.get(names)
    if (same) return same
    const old = this.#partsOf.get(before) ?? []
    const starts = [0, ...old.slice(1).map((part) => placeOf(names, part.names[0] ?? '')), names.length]
    return starts.slice(1).flatMap((end, index) => {
      const [known, own] = [old[index], names.slice(starts[index], end)]
      if (known?.names.length === own.length && known.names.every((name, at) => name === own[at])) return [known]
      return cutNames(own, this.#most).map((piece) => toPart(piece, etag))
    })
  }

  async write(objects: ObjectStore, parts: readonly Part[]): Promise<void> {
    const fresh = new Map(parts.filter(({ key }) => !this.#known.has(key)).map((part) => [part.key, part.names]))
    await pLimit(readsAtOnce).map(fresh, ([key, names]) => objects.put(key, renderJson({ v: 1, names })))
  }

  /** The record has these lists now, in these parts. */
  know(lists: ReadonlyMap<readonly string[], readonly Part[]>): void {
    for (const [names, parts] of lists) this.#partsOf.set(names, parts)
    this.#known = new Map([...lists.values()].flat().map((part) => [part.key, part]))
  }

  partsOf(names: readonly string[]): readonly Part[] | undefined {
    return this.#partsOf.get(names)
  }
}

async function readPart(objects: ReadingObjects, key: string): Promise<Part | undefined> {
  const stored = await readStored(objects, key, partBody)
  return stored && { key, names: stored.value.names }
}

function toPart(names: readonly string[], etag: string): Part {
  const digest = createHash('sha256')
    .update([etag, ...names].join('\n'))
    .digest('hex')
    .slice(0, 32)
  return { key: partsPrefix + digest, names }
}
