import type { AccessRequest, RequestPath } from '../../domain/files/access-request.ts'
import type { Complaint } from '../../domain/statuses/complaint.ts'
import { isServiceError } from '../../ports/service-error.ts'
import { countAble, listApprovers } from './approvers.ts'
import { type RequestSources, readDirectory } from './gather-request.ts'
import { chooseEligibility } from './rules/choose-eligibility.ts'
import { complainOfTooFew } from './rules/decide-request.ts'

/**
 * Before the upload of a request: whether too few people could approve it. `undefined`: enough can, it needs nobody, no eligibility fits, or
 * the caller may not read who can. The look at the request decides.
 */
export async function foreseeTooFew(
  path: RequestPath,
  asked: { readonly request: AccessRequest; readonly askedAt: Date },
  sources: RequestSources,
): Promise<Complaint | undefined> {
  try {
    const { userName, groups, groupsUnread, covers, eligibilities } = await readDirectory(path, sources)
    if (userName === undefined || groupsUnread !== undefined) return undefined
    const asking = { link: path.link, ...asked, now: asked.askedAt, userName, groups, covers }
    const choice = chooseEligibility(eligibilities, asking)
    if (choice.found !== 'fit' || choice.fit.needed === 0) return undefined
    const approvers = await listApprovers(choice.fit.eligibility, path, sources)
    const able = await countAble(approvers, { requester: path.userId, needed: choice.fit.needed }, sources)
    return complainOfTooFew(path.key, choice.fit, able)
  } catch (error) {
    if (!isServiceError(error)) throw error
    return undefined
  }
}
