import { isFolderMarker } from '../../domain/link.ts'
import type { ObjectHead, ObjectStore } from '../../ports/object-store.ts'

/** So many listed objects are read at a time. */
export const readsAtOnce = 32

/** Does `work` for each item, a few at a time: 100,000 items are never 100,000 promises. Stops at the first failure. */
export async function forEachAtOnce<T>(items: Iterable<T>, work: (item: T) => Promise<void>): Promise<void> {
  const rest = Iterator.from(items)
  const take = async () => {
    for (const item of rest) await work(item)
  }
  await Promise.all(Array.from({ length: readsAtOnce }, take))
}

/** By key. */
export type Heads = ReadonlyMap<string, ObjectHead>

/** Every object under the prefix, without folder markers. */
export async function listHeads(objects: ObjectStore, prefix: string): Promise<Heads> {
  const heads = new Map<string, ObjectHead>()
  for await (const head of objects.list(prefix)) if (!isFolderMarker(head.key)) heads.set(head.key, head)
  return heads
}
