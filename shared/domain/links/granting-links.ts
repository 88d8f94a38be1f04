import type { Assignment } from '../assignments/assignment.ts'
import type { Configuration } from '../deployment/configuration.ts'
import type { Account } from '../organization/organization-view.ts'
import { isUnclear, isWithin, type Membership, parentsThatCount } from '../scopes/expand-scope.ts'
import type { Scope } from '../scopes/scope.ts'
import { selectorName } from '../scopes/selector-name.ts'
import { judgeLinkKey, type Link, renderLinkKey } from './link.ts'
import { foldersThatCount } from './temporary-folder.ts'

/**
 * Every link that could grant this assignment while its account is as given. There are finitely many such keys (folders × scopes), so
 * strongly consistent reads tell whether the assignment is desired. Empty: no link can grant it. `account.tags` must have been read,
 * unless there is no `account_tag` link.
 */
export function listGrantingLinks(
  assignment: Assignment,
  account: Account,
  configuration: Pick<Configuration, 'folders'> & Membership,
): readonly Link[] {
  const isMeant = (link: Link) => isWithin(link, account, configuration)
  return spellAll(assignment, account, listScopes(account, configuration), configuration).filter(isMeant)
}

/** The links that may or may not grant this assignment, because their selector is invalid or unreadable. */
export function listUnclearLinks(
  assignment: Assignment,
  account: Account,
  configuration: Pick<Configuration, 'folders'> & Membership,
): readonly Link[] {
  const isMaybeMeant = (link: Link) => isUnclear(link, account, configuration)
  return spellAll(assignment, account, listSelects(configuration), configuration).filter(isMaybeMeant)
}

function spellAll(
  assignment: Assignment,
  account: Account,
  scopes: readonly Scope[],
  configuration: Pick<Configuration, 'folders'>,
): readonly Link[] {
  if (account.id !== assignment.accountId) return []
  const { permissionSet, principal, type } = assignment
  return scopes.flatMap((scope) =>
    [undefined, ...foldersThatCount(configuration.folders)].flatMap((folder) => {
      const parts = { folder, scope, permissionSet, principal, type }
      const link = judgeLinkKey(renderLinkKey(parts), configuration.folders)
      // A tag may have a %, or letters that are not in NFC. No valid link can name it, and its key would spell another link.
      return link.ok && spells(link.value.scope, scope) ? [link.value] : []
    }),
  )
}

function listScopes(account: Account, configuration: Membership): readonly Scope[] {
  return [
    { kind: 'root' },
    { kind: 'account', id: account.id },
    ...parentsThatCount(account, configuration.supportNestedOu).map((id): Scope => ({ kind: 'ou_id', id })),
    ...Object.entries(account.tags ?? {}).map(([key, value]): Scope => ({ kind: 'account_tag', key, value })),
    ...listSelects(configuration),
  ]
}

/** Leaves out selectors whose file name no link can spell. */
function listSelects({ selectors }: Membership): readonly Scope[] {
  return [...selectors.keys()].flatMap((text): readonly Scope[] => {
    const name = selectorName.safeParse(text)
    return name.success ? [{ kind: 'select', name: name.data }] : []
  })
}

/** Whether the rendered link means its scope: a tag's text may read like the grammar. */
function spells(found: Scope, meant: Scope): boolean {
  if (found.kind !== 'account_tag' || meant.kind !== 'account_tag') return true
  return found.key === meant.key && found.value === meant.value
}
