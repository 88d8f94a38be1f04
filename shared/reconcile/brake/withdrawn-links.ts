import pLimit from 'p-limit'
import { folderOf, type WithdrawnLink } from '../../domain/brake.ts'
import { renderInstant } from '../../domain/instant.ts'
import type { GrantingLink } from '../../domain/ledger-entry.ts'
import type { LinkReading } from '../records/read-link.ts'

const readsAtOnce = 16

/**
 * The links that granted an assignment, where each of them was withdrawn: then its revocation is their owners' doing. Empty
 * where one still stands, or none is known: then something else takes the access away. `read`
 * says what a link says now.
 */
export async function findWithdrawnLinks(
  links: readonly GrantingLink[],
  read: (key: string) => Promise<LinkReading>,
): Promise<readonly WithdrawnLink[]> {
  const withdrawn = await pLimit(readsAtOnce).map(links, async (link) => isWithdrawn(link, await read(link.key)))
  return withdrawn.every(Boolean) ? links.map(({ key }) => ({ key, folder: folderOf(key) })) : []
}

/**
 * | the file now                                      | withdrawn                                                    |
 * | ------------------------------------------------- | ------------------------------------------------------------ |
 * | absent                                            | yes                                                          |
 * | expired                                           | yes: it counts as absent from then on                        |
 * | not valid, or not in force yet, another upload    | yes: whoever overwrote it did that                           |
 * | not valid any more, the very upload that granted  | no: the configuration has changed, for instance its folders  |
 * | in force                                          | no: it covers the account no more, or its principal is gone  |
 * | S3 does not give it                               | no: nobody knows what it says                                |
 */
function isWithdrawn(granting: GrantingLink, reading: LinkReading): boolean {
  switch (reading.state) {
    case 'absent':
    case 'expired':
      return true
    case 'in-force':
    case 'unreadable':
      return false
    case 'rejected':
    case 'not-yet': {
      const { etag, lastModified } = reading.object
      return etag !== granting.etag || renderInstant(lastModified) !== granting.lastModified
    }
    default:
      return reading satisfies never
  }
}
