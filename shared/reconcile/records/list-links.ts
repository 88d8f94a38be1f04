import { type Link, linkPrefix, parseLinkKey } from '../../domain/links/link.ts'
import type { ReadingObjects } from '../../ports/object-store.ts'

/**
 * The links whose key after `links_data/` has this beginning, ascending by key. Only the key is checked: a listed link may be rejected,
 * expired or not in force yet.
 */
export async function* listLinks(
  objects: ReadingObjects,
  folders: readonly string[],
  beginning = '',
): AsyncGenerator<Link> {
  for await (const { key } of objects.list(linkPrefix + beginning)) {
    const link = parseLinkKey(key, folders)
    if (link.ok) yield link.value
  }
}
