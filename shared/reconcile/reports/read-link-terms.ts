import type { Configuration } from '../../domain/deployment/configuration.ts'
import { linkPrefix, temporaryPrefix } from '../../domain/links/link.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { forEachAtOnce, listHeads } from '../records/list-heads.ts'
import { isKnownEmpty, readLink } from '../records/read-link.ts'

/** Who owns links, by key, and how many have expired and still lie there. Temporary access ends with its request. */
export async function readLinkTerms(
  objects: ObjectStore,
  configuration: Pick<Configuration, 'folders'>,
): Promise<{ readonly owners: ReadonlyMap<string, string>; readonly expired: number }> {
  const owners = new Map<string, string>()
  let expired = 0
  await forEachAtOnce((await listHeads(objects, linkPrefix)).values(), async (head) => {
    if (isKnownEmpty(head) || head.key.startsWith(temporaryPrefix)) return
    const reading = await readLink(objects, head.key, configuration)
    if (!('body' in reading)) return
    if (reading.state === 'expired') expired++
    if (reading.body.owner !== undefined) owners.set(head.key, reading.body.owner)
  })
  return { owners, expired }
}
