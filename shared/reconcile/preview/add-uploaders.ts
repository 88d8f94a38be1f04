import type { GrantingLink } from '../../domain/ledger-entry.ts'
import { isSameUpload } from '../../domain/upload.ts'
import type { Ports } from '../../ports/ports.ts'
import { forEachAtOnce } from '../records/list-heads.ts'
import { StatusStore } from '../records/status-store.ts'
import { spoiledAsAbsent } from '../records/stored-json.ts'
import type { KnownAccess } from './recorded-access.ts'

/** The same access; links whose record lacks who uploaded them have it from their status, where that is of the same upload. */
export async function addUploaders<A extends Pick<KnownAccess, 'links'>>(
  access: readonly A[],
  { objects, clock }: Pick<Ports, 'objects' | 'clock'>,
): Promise<readonly A[]> {
  const statuses = new StatusStore(objects, clock)
  const unknown = new Map<string, GrantingLink>()
  for (const { links } of access) for (const link of links) if (!link.by) unknown.set(link.key, link)
  const found = new Map<string, GrantingLink['by']>()
  await forEachAtOnce(unknown.values(), async (link) => {
    const status = await spoiledAsAbsent(statuses.read(link.key))
    if (isSameUpload(status, link)) found.set(link.key, status?.by)
  })
  const complete = (link: GrantingLink) => ({ ...link, by: link.by ?? found.get(link.key) })
  return access.map((one) => ({ ...one, links: one.links.map(complete) }))
}
