import type { OrganizationView } from '../../domain/organization-view.ts'
import type { Scope } from '../../domain/scope.ts'
import type { OrganizationCache } from './organization-cache.ts'

/**
 * The organization, with what a scope needs of it: to read the tags of all accounts takes a while, and only links with a tag
 * wait for that, until `tagsUntilMs` (monotonic; absent: until all are read).
 */
export function viewFor(
  scope: Scope,
  organization: Pick<OrganizationCache, 'view' | 'viewWithTags'>,
  tagsUntilMs?: number,
): Promise<OrganizationView> {
  return scope.kind === 'account_tag' ? organization.viewWithTags(tagsUntilMs) : organization.view()
}
