import type { ObjectHead, ObjectStore } from '../../ports/object-store.ts'
import type { UndeletedObjects } from './undeleted-objects.ts'

/**
 * Writes again what was deleted under `history/`, in the order in which it was written first: history is read by S3's
 * times. So what was written after something that is gone is written again too, as it is. Safe to repeat after a kill: what
 * is out of order then is written again. Answers how many objects had gone.
 */
export async function restoreHistory(
  objects: ObjectStore,
  undeleted: UndeletedObjects,
  prefix: string,
): Promise<number> {
  const store = undeleted.asStore()
  const groups = new Map<string, ObjectHead[]>()
  for await (const head of store.list(prefix)) {
    const group = groupOf(head.key)
    groups.set(group, [...(groups.get(group) ?? []), head])
  }
  for (const heads of groups.values())
    if (heads.some(({ key }) => undeleted.isTouched(key))) await rewrite(objects, store, heads)
  return undeleted.lost.length
}

/** History of one permission set in one account is read together; of what else, folder by folder. */
function groupOf(key: string): string {
  const ofAccount = /^history\/account%[^%]*%[^%]*%/.exec(key)?.[0]
  return ofAccount ?? key.slice(0, key.lastIndexOf('/'))
}

async function rewrite(objects: ObjectStore, store: ObjectStore, heads: readonly ObjectHead[]): Promise<void> {
  const timeOf = ({ lastModified }: ObjectHead) => lastModified.getTime()
  const ordered = heads.toSorted((a, b) => timeOf(a) - timeOf(b) || (a.key < b.key ? -1 : 1))
  let latestMs = 0
  let isWriting = false
  for (const { key } of ordered) {
    const now = await objects.head(key)
    isWriting ||= now === undefined || timeOf(now) < latestMs
    if (now && !isWriting) {
      latestMs = timeOf(now)
      continue
    }
    const body = (await store.get(key))?.body
    if (body) await objects.put(key, body, now ? { ifMatch: now.etag } : { ifNoneMatch: '*' })
  }
}
