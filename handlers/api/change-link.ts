import { linkPrefix, parseLinkKey, temporaryPrefix } from '../../shared/domain/links/link.ts'
import type { Complaint } from '../../shared/domain/statuses/complaint.ts'
import { type Answer, refusal } from './answer.ts'
import { type Change, type ChangeSources, change, refuseAbsent, refuseExisting } from './change-input.ts'
import type { LinkRequest } from './change-requests.ts'

/** Answers the key of a link by its name; a key stays as it is. */
export function linkKeyOf(linkData: string): string {
  return linkData.startsWith(linkPrefix) ? linkData : linkPrefix + linkData
}

export async function changeLink(
  request: LinkRequest,
  about: Pick<Change, 'caller' | 'statusPath'>,
  context: ChangeSources,
): Promise<Answer> {
  const { objects } = context.ports
  const { folders } = context.configuration
  const key = linkKeyOf(request.linkData)
  if (key.startsWith(temporaryPrefix)) return refuseTemporary(key)
  const { action } = request
  const link = parseLinkKey(key, folders)
  if (action === 'delete') {
    return change({ ...about, action, key }, context, async () => {
      // An object with an invalid name may exist all the same, and can be deleted.
      const there = isTooLong(key) ? undefined : await objects.head(key)
      if (there !== undefined) return { there, body: 'deleted' }
      return link.ok ? refuseAbsent(key, 'deletion', context.ports) : refuse(link.complaint)
    })
  }
  const { linkDetails } = request
  const text = linkDetails === undefined ? '' : `${JSON.stringify(linkDetails, undefined, 2)}\n`
  const body = new TextEncoder().encode(text)
  return change({ ...about, action, key }, context, async () => {
    if (link.ok && (await objects.head(key)) !== undefined)
      return refuseExisting(
        key,
        'if you want a different content, delete it first; if the content is right, you need not do anything',
      )
    return { there: undefined, body }
  })
}

/** The bucket's policy lets only ssofile write there. */
function refuseTemporary(key: string): Answer {
  const received = 'a change of a link of temporary access, which only ssofile writes'
  const expected = 'a link outside temporary/'
  const remedy = `ask for temporary access, or end it: POST /requests with "action": "ask" or "finish", or ssofile request and ssofile finish`
  return refusal(403, [{ key, received, expected, remedy }])
}

/** S3 takes keys of at most 1,024 bytes. (S3 User Guide, "Naming Amazon S3 objects".) */
function isTooLong(key: string): boolean {
  return Buffer.byteLength(key) > 1024 || !key.isWellFormed()
}

function refuse({ object, received, expected, remedy }: Complaint): Answer {
  return refusal(400, [{ key: object, received, expected, remedy }])
}
