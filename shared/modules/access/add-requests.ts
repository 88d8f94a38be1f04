import type { GrantingLink } from '../../domain/assignments/ledger-entry.ts'
import { kinds } from '../../domain/inputs/kinds.ts'
import { temporaryPrefix } from '../../domain/links/link.ts'
import type { ToldLink } from '../../domain/links/told-link.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { forEachAtOnce } from '../../reconcile/records/list-heads.ts'
import { readParsedInput } from '../../reconcile/records/read-input.ts'

export type Requests = Map<string, ToldLink['request']>

/** Adds the request to temporary links, if the link is still the one that granted the access. */
export async function addRequests<A extends { readonly links: readonly GrantingLink[] }>(
  access: readonly A[],
  objects: ObjectStore,
  /** Earlier findings, by link. */
  found: Requests = new Map(),
): Promise<readonly (A & { readonly links: readonly ToldLink[] })[]> {
  const unknown = new Map<string, GrantingLink>()
  for (const { links } of access)
    for (const link of links)
      if (link.key.startsWith(temporaryPrefix) && !found.has(nameOf(link))) unknown.set(nameOf(link), link)
  await forEachAtOnce(unknown.values(), async (link) => {
    found.set(nameOf(link), await readRequestOf(link, objects))
  })
  return access.map((one) => ({
    ...one,
    links: one.links.map((link) => {
      const request = found.get(nameOf(link))
      return request === undefined ? link : { ...link, request }
    }),
  }))
}

/** Nothing for another upload than the one that granted the access. */
async function readRequestOf({ key, etag }: GrantingLink, objects: ObjectStore): Promise<ToldLink['request']> {
  const read = await readParsedInput(objects, key, kinds.link)
  return read?.file.ok && read.head.etag === etag ? read.file.value.request : undefined
}

function nameOf({ key, etag }: GrantingLink): string {
  return `${etag} ${key}`
}
