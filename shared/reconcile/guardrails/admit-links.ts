import { type GrantingLink, hasExpired, isSameLink, type LedgerEntry } from '../../domain/assignments/ledger-entry.ts'
import { toldUploader } from '../../domain/links/find-uploader.ts'
import { parseLinkKey } from '../../domain/links/link.ts'
import type { AccountId } from '../../domain/organization/account-id.ts'
import type { Clock } from '../../ports/clock.ts'
import type { StatusStore } from '../records/status-store.ts'
import { spoiledAsAbsent } from '../records/stored-json.ts'
import { type JudgeContext, judgeLink } from './judge-link.ts'

export type AdmissionSources = JudgeContext & {
  readonly statuses: Pick<StatusStore, 'read'>
  readonly clock: Pick<Clock, 'now'>
}

/**
 * Selects the links in force that count for one assignment. A policy stops new content, and takes nothing away.
 *
 * | its content                | the policies | the ledger entry has of this link     | then                            |
 * | -------------------------- | ------------ | ------------------------------------- | ------------------------------- |
 * | granted the access already |              | the same content                      | it counts in any case           |
 * | is new here                | accept it    |                                       | it counts                       |
 * | is new here                | refuse it    | other content, not expired            | the other content still counts  |
 * | is new here                | refuse it    | other content, expired; or nothing    | it counts as absent             |
 *
 * A refused change changes nothing: the former content's access stays until the end that the former content set.
 */
export async function admitLinks(
  found: readonly GrantingLink[],
  { entry, account }: { readonly entry: Pick<LedgerEntry, 'links'> | undefined; readonly account: AccountId },
  context: AdmissionSources,
): Promise<readonly GrantingLink[]> {
  const known = entry?.links ?? []
  const admitted = await Promise.all(
    found.map(async (link): Promise<readonly GrantingLink[]> => {
      if (known.some((one) => isSameLink(one, link)) || (await isAccepted(link, account, context))) return [link]
      const now = context.clock.now()
      return known.filter((one) => one.key === link.key && !hasExpired(one, now)).slice(0, 1)
    }),
  )
  return admitted.flat()
}

async function isAccepted(granting: GrantingLink, account: AccountId, context: AdmissionSources): Promise<boolean> {
  const link = parseLinkKey(granting.key, context.configuration.folders)
  if (!link.ok) return false
  const { expiresAt, reason, ticket, owner, lastModified } = granting
  const findUploader = async () => {
    const status = await spoiledAsAbsent(context.statuses.read(granting.key))
    return toldUploader(status, granting)
  }
  const { refusals, later } = await judgeLink(
    {
      link: link.value,
      body: { expiresAt: expiresAt === undefined ? undefined : new Date(expiresAt), reason, ticket, owner },
      uploadedAt: new Date(lastModified),
      findUploader,
      account,
    },
    context,
  )
  return refusals.length === 0 && later.length === 0
}
