import type { GrantingLink } from '../../domain/assignments/ledger-entry.ts'
import { kinds } from '../../domain/inputs/kinds.ts'
import { toldUploader } from '../../domain/links/find-uploader.ts'
import { temporaryPrefix } from '../../domain/links/link.ts'
import type { ToldLink } from '../../domain/links/told-link.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import type { Ports } from '../../ports/ports.ts'
import { forEachAtOnce } from '../../reconcile/records/list-heads.ts'
import { readParsedInput } from '../../reconcile/records/read-input.ts'
import { StatusStore } from '../../reconcile/records/status-store.ts'
import { spoiledAsAbsent } from '../../reconcile/records/stored-json.ts'

type WithLinks = { readonly links: readonly GrantingLink[] }
/** Earlier findings, by the upload of the link. */
export type Uploaders = Map<string, GrantingLink['by']>
export type Requests = Map<string, ToldLink['request']>

/** Adds missing uploaders of links from their status, if the status is of the same upload. */
export async function addUploaders<A extends WithLinks>(
  access: readonly A[],
  { objects, clock }: Pick<Ports, 'objects' | 'clock'>,
  found: Uploaders = new Map(),
): Promise<readonly A[]> {
  const statuses = new StatusStore(objects, clock)
  const unknown = access.flatMap(({ links }) => links.filter(({ by }) => !by))
  await findFor(unknown, found, async (link) => toldUploader(await spoiledAsAbsent(statuses.read(link.key)), link))
  const complete = (link: GrantingLink) => ({ ...link, by: link.by ?? found.get(nameOf(link)) })
  return access.map((one) => ({ ...one, links: one.links.map(complete) }))
}

/** Adds the request to temporary links, if the link is still the one that granted the access. */
export async function addRequests<A extends WithLinks>(
  access: readonly A[],
  objects: ObjectStore,
  found: Requests = new Map(),
): Promise<readonly (A & { readonly links: readonly ToldLink[] })[]> {
  const temporary = access.flatMap(({ links }) => links.filter(({ key }) => key.startsWith(temporaryPrefix)))
  await findFor(temporary, found, async ({ key, etag }) => {
    const read = await readParsedInput(objects, key, kinds.link)
    // Nothing for another upload than the one that granted the access.
    return read?.file.ok && read.head.etag === etag ? read.file.value.request : undefined
  })
  const complete = (link: GrantingLink): ToldLink => {
    const request = found.get(nameOf(link))
    return request === undefined ? link : { ...link, request }
  }
  return access.map((one) => ({ ...one, links: one.links.map(complete) }))
}

/** Finds each unknown upload once. */
async function findFor<T>(
  links: readonly GrantingLink[],
  found: Map<string, T>,
  find: (link: GrantingLink) => Promise<T>,
): Promise<void> {
  const unknown = new Map(links.flatMap((link) => (found.has(nameOf(link)) ? [] : [[nameOf(link), link] as const])))
  await forEachAtOnce(unknown, async ([name, link]) => {
    found.set(name, await find(link))
  })
}

/** One upload of a link. */
function nameOf({ key, etag, lastModified, content = '' }: GrantingLink): string {
  return [key, etag, lastModified, content].join(' ')
}
