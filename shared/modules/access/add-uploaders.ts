import type { GrantingLink } from '../../domain/assignments/ledger-entry.ts'
import { toldUploader } from '../../domain/links/find-uploader.ts'
import type { Ports } from '../../ports/ports.ts'
import { forEachAtOnce } from '../../reconcile/records/list-heads.ts'
import { StatusStore } from '../../reconcile/records/status-store.ts'
import { spoiledAsAbsent } from '../../reconcile/records/stored-json.ts'
import type { KnownAccess } from './recorded-access.ts'

export type Uploaders = Map<string, GrantingLink['by']>

/** Adds missing uploaders of links from their status, if the status is of the same upload. */
export async function addUploaders<A extends Pick<KnownAccess, 'links'>>(
  access: readonly A[],
  { objects, clock }: Pick<Ports, 'objects' | 'clock'>,
  /** Earlier findings, by link. */
  found: Uploaders = new Map(),
): Promise<readonly A[]> {
  const statuses = new StatusStore(objects, clock)
  const unknown = new Map<string, GrantingLink>()
  for (const { links } of access)
    for (const link of links) if (!link.by && !found.has(nameOf(link))) unknown.set(nameOf(link), link)
  await forEachAtOnce(unknown.values(), async (link) => {
    const status = await spoiledAsAbsent(statuses.read(link.key))
    found.set(nameOf(link), toldUploader(status, link))
  })
  const complete = (link: GrantingLink) => ({ ...link, by: link.by ?? found.get(nameOf(link)) })
  return access.map((one) => ({ ...one, links: one.links.map(complete) }))
}

/** One upload of a link. */
function nameOf({ key, etag, lastModified, content = '' }: GrantingLink): string {
  return [key, etag, lastModified, content].join(' ')
}
