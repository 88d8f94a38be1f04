import type { OrganizationView } from '../../domain/organization/organization-view.ts'
import type { Scope } from '../../domain/scopes/scope.ts'
import { noSelectors, type Selectors } from '../../domain/scopes/selector-file.ts'
import type { OrganizationCache } from './organization-cache.ts'

/** The organization as a scope needs it. `lacksTags`: the scope asks for tags, and some are not read yet. */
export type ScopedView = {
  readonly view: OrganizationView
  readonly selectors: Selectors
  readonly lacksTags: boolean
}

/**
 * The organization with the tags that a scope needs. Reading the tags of all accounts takes a while, so only links with a tag,
 * or whose selector asks for tags, wait for it, until `tagsUntilMs` (monotonic; absent: until all are read).
 */
export async function viewFor(
  scope: Scope,
  organization: Pick<OrganizationCache, 'view' | 'viewWithTags' | 'selectors'>,
  tagsUntilMs?: number,
): Promise<ScopedView> {
  const selectors = scope.kind === 'select' ? await organization.selectors() : noSelectors
  const needsTags = asksTags(scope, selectors)
  const view = await (needsTags ? organization.viewWithTags(tagsUntilMs) : organization.view())
  return { view, selectors, lacksTags: needsTags && !view.hasTags }
}

export function asksTags(scope: Scope, selectors: Selectors): boolean {
  if (scope.kind === 'account_tag') return true
  const selector = scope.kind === 'select' ? selectors.get(scope.name) : undefined
  return selector?.ok === true && selector.value.asksTags
}
