import { isFolderMarker } from '../../domain/links/link.ts'
import type { ObjectHead, ObjectStore } from '../../ports/object-store.ts'

/** How many listed objects to read at once. */
export const readsAtOnce = 32

/** Does `work` for each item, a few at a time, so that 100,000 items are never 100,000 promises. Stops at the first failure. */
export async function forEachAtOnce<T>(
  items: Iterable<T>,
  work: (item: T) => Promise<void>,
  most: number = readsAtOnce,
): Promise<void> {
  const rest = Iterator.from(items)
  let isTaken = false
  const take = async () => {
    try {
      for (const item of rest) {
        await work(item)
        if (isTaken) return
      }
    } finally {
      isTaken = true
    }
  }
  const takers: Promise<void>[] = []
  while (takers.length < most && !isTaken) takers.push(take())
  await Promise.all(takers)
}

export type Heads = ReadonlyMap<string, ObjectHead>

/** Every object under the prefix, without folder markers. */
export async function listHeads(objects: ObjectStore, prefix: string): Promise<Heads> {
  return collectHeads(objects.list(prefix))
}

export async function collectHeads(listing: AsyncIterable<ObjectHead>): Promise<Heads> {
  const heads = new Map<string, ObjectHead>()
  for await (const head of listing) if (!isFolderMarker(head.key)) heads.set(head.key, head)
  return heads
}

/** S3 lists a thousand keys per call, one call after the other. (S3 API Reference, "ListObjectsV2".) */
const keysOfCall = 1_000

/**
 * Like `listHeads`, ascending by key, for a caller that knows earlier keys. Starts another listing after each thousandth of them, so that
 * ten thousand take as long as one thousand.
 */
export async function listHeadsInParts(
  objects: ObjectStore,
  prefix: string,
  known: readonly string[],
): Promise<readonly ObjectHead[]> {
  const ends = known
    .filter(isAscii)
    .sort()
    .filter((_, index) => (index + 1) % keysOfCall === 0)
  const parts = [...ends, undefined].map(async (end, index) => {
    const heads: ObjectHead[] = []
    const startAfter = ends[index - 1]
    for await (const head of objects.list(prefix, startAfter === undefined ? {} : { startAfter })) {
      if (end !== undefined && head.key > end) break
      if (!isFolderMarker(head.key)) heads.push(head)
      if (head.key === end) break
    }
    return heads
  })
  return (await Promise.all(parts)).flat()
}

/** Only ASCII keys may be compared by `>`: S3 orders keys by bytes, JavaScript by UTF-16. */
function isAscii(key: string): boolean {
  return /^[\x20-\x7e]*$/.test(key)
}
