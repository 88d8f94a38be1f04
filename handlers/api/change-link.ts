import type { Complaint } from '../../shared/domain/complaint.ts'
import { linkPrefix, parseLinkKey } from '../../shared/domain/link.ts'
import { type Answer, refusal } from './answer.ts'
import { type Change, type ChangeContext, change, refuseExisting, refuseMissing } from './change-input.ts'
import type { LinkRequest } from './change-requests.ts'

/** The key of a link by its name; a key stays as it is. */
export function linkKeyOf(linkData: string): string {
  return linkData.startsWith(linkPrefix) ? linkData : linkPrefix + linkData
}

export async function changeLink(
  request: LinkRequest,
  about: Pick<Change, 'caller' | 'statusPath'>,
  context: ChangeContext,
): Promise<Answer> {
  const { objects } = context.ports
  const { folders } = context.configuration
  const key = linkKeyOf(request.linkData)
  const { action } = request
  const link = parseLinkKey(key, folders)
  if (action === 'delete') {
    return change({ ...about, action, key }, context, async () => {
      // What is no link may be there all the same, and can be deleted.
      const there = isTooLong(key) ? undefined : await objects.head(key)
      if (there !== undefined) return { there, body: 'deleted' }
      return link.ok ? refuseMissing(key) : refuse(link.complaint)
    })
  }
  const { linkDetails } = request
  const text = linkDetails === undefined ? '' : `${JSON.stringify(linkDetails, undefined, 2)}\n`
  const body = new TextEncoder().encode(text)
  return change({ ...about, action, key }, context, async () => {
    if (link.ok && (await objects.head(key)) !== undefined)
      return refuseExisting(key, 'delete it first if it is to say something else; nothing is to be done if it is right')
    return { there: undefined, body }
  })
}

/** S3 takes keys of at most 1,024 bytes. (S3 User Guide, "Naming Amazon S3 objects".) */
function isTooLong(key: string): boolean {
  return Buffer.byteLength(key) > 1024 || !key.isWellFormed()
}

function refuse({ object, received, expected, remedy }: Complaint): Answer {
  return refusal(400, [{ key: object, received, expected, remedy }])
}
