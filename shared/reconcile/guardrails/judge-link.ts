import type { Configuration } from '../../domain/deployment/configuration.ts'
import {
  judgeLinkByPolicies,
  type LinkCase,
  noObjection,
  type Verdict,
} from '../../domain/guardrails/judge-by-policies.ts'
import { separatedFrom } from '../../domain/guardrails/separation.ts'
import type { Uploader } from '../../domain/links/input-message.ts'
import type { AccountId } from '../../domain/organization/account-id.ts'
import { expandScope, type Reaching } from '../../domain/scopes/expand-scope.ts'
import type { OrganizationCache } from '../organization/organization-cache.ts'
import { viewFor } from '../organization/view-for.ts'
import type { Policies } from '../records/policies.ts'
import type { FindOverlaps } from './separations.ts'

export type JudgeContext = {
  readonly policies: Pick<Policies, 'read'>
  readonly organization: Pick<OrganizationCache, 'view' | 'viewWithTags' | 'selectors'>
  readonly configuration: Configuration
  /** Until when (monotonic) to read tags of accounts. Absent: until all are read. */
  readonly tagsUntilMs?: number | undefined
  /** Absent: the other access of people is not looked at. */
  readonly separations?: FindOverlaps | undefined
}

type Judged = Pick<LinkCase, 'link' | 'body' | 'uploadedAt'> & {
  /** Called only if a rule is about uploaders. `later`: not uploaded yet. */
  readonly findUploader: () => Promise<Uploader | 'later' | undefined>
  /** A further account that the link reaches, if the cached view does not know it yet. */
  readonly account?: AccountId
}

/** The verdict of the policies on a link, in the organization as ssofile knows it. Reads nothing if there is no policy. */
export async function judgeLink(
  { findUploader, account, ...about }: Judged,
  { policies, organization, configuration, tagsUntilMs, separations }: JudgeContext,
): Promise<Verdict> {
  const guardrails = await policies.read()
  const rules = guardrails.policies.flatMap(({ links }) => links)
  const asksPeople = separatedFrom(guardrails, about.link.permissionSet) !== undefined
  if (rules.length === 0 && !asksPeople && guardrails.broken.length === 0) return noObjection
  const asksUploader = rules.some((rule) => rule.for.uploaders !== undefined || rule.must.uploaders !== undefined)
  const asksAccounts = rules.some(
    ({ must: { accounts, accountsNever, accountsMost } }) => (accounts ?? accountsNever ?? accountsMost) !== undefined,
  )
  const by = asksUploader ? await findUploader() : undefined
  const reached = asksAccounts ? await reach(about.link, { organization, configuration, tagsUntilMs }) : []
  return judgeLinkByPolicies(guardrails, {
    ...about,
    uploader: typeof by === 'object' ? { name: by.principalId } : (by ?? 'nobody knows'),
    overlaps: asksPeople ? ((await separations?.overlaps(about.link, account)) ?? 'later') : [],
    accounts: reached === 'later' || account === undefined ? reached : [...new Set([...reached, account])],
  })
}

async function reach(
  link: Reaching,
  { organization, configuration, tagsUntilMs }: Omit<JudgeContext, 'policies' | 'separations'>,
): Promise<LinkCase['accounts']> {
  const { scope } = link
  if (scope.kind === 'account') return [scope.id]
  const { view, selectors, lacksTags } = await viewFor(scope, organization, tagsUntilMs)
  const isUnclear = scope.kind === 'select' && selectors.get(scope.name)?.ok === false
  return lacksTags || isUnclear ? 'later' : expandScope(link, view, { ...configuration, selectors })
}
