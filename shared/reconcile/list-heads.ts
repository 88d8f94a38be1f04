import { isFolderMarker } from '../domain/link.ts'
import type { ObjectHead, ObjectStore } from '../ports/object-store.ts'

/** Of objects listed, so many are read at a time. */
export const readsAtOnce = 32

/** By key. */
export type Heads = ReadonlyMap<string, ObjectHead>

export async function listHeads(objects: ObjectStore, prefix: string): Promise<Heads> {
  const heads = new Map<string, ObjectHead>()
  for await (const head of objects.list(prefix)) if (!isFolderMarker(head.key)) heads.set(head.key, head)
  return heads
}
