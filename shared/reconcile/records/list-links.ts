import { type Link, linkPrefix, parseLinkKey } from '../../domain/links/link.ts'
import { foldersThatCount } from '../../domain/links/temporary-folder.ts'
import type { Scope } from '../../domain/scopes/scope.ts'
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

/** The links of one kind of scope: a listing for each folder that counts, also the one of granted requests. */
export function listLinksOfKind(
  objects: ReadingObjects,
  folders: readonly string[],
  kind: Scope['kind'],
): readonly AsyncGenerator<Link>[] {
  return ['', ...foldersThatCount(folders).map((folder) => `${folder}/`)].map((folder) =>
    listLinks(objects, folders, `${folder}${kind}%`),
  )
}
