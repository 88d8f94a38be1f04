import type { ObjectStore } from '../../ports/object-store.ts'

/**
 * The objects of an index by time, `<prefix><instant>%<subject>`, earliest first. `object` is the whole key. Skips other keys. `after`: an
 * object to begin behind.
 */
export async function* listTimed(objects: ObjectStore, prefix: string, after?: string) {
  for await (const { key: object, etag } of objects.list(prefix, after === undefined ? {} : { startAfter: after })) {
    const [instant = ''] = object.slice(prefix.length).split('%', 1)
    const subject = object.slice(prefix.length + instant.length + 1)
    if (subject !== '') yield { object, etag, instant, at: new Date(instant), subject }
  }
}
