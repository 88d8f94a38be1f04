import type { Assignment } from './assignment.ts'
import type { Configuration } from './configuration.ts'
import { canHoldAccess, type Membership, parentsThatCount } from './expand-scope.ts'
import { type Link, parseLinkKey, renderLinkKey } from './link.ts'
import type { Account } from './organization-view.ts'
import type { Scope } from './scope.ts'

/**
 * Every link that could grant this assignment while its account stands as given: finitely many keys
 * (folders × scopes), so that strongly consistent reads answer whether it is desired. Empty: no link can.
 * `account.tags` must have been read, unless no `account_tag` link exists.
 */
export function listGrantingLinks(
  assignment: Assignment,
  account: Account,
  configuration: Pick<Configuration, 'folders'> & Membership,
): readonly Link[] {
  if (account.id !== assignment.accountId || !canHoldAccess(account, configuration)) return []
  const { permissionSet, principal, type } = assignment
  return listScopes(account, configuration).flatMap((scope) =>
    [undefined, ...configuration.folders].flatMap((folder) => {
      const parts = { ...(folder === undefined ? {} : { folder }), scope, permissionSet, principal, type }
      const link = parseLinkKey(renderLinkKey(parts), configuration.folders)
      // A tag may hold a %, or letters that are not in NFC: no valid link can name it, and its key would spell another link.
      return link.ok && sameScope(link.value.scope, scope) ? [link.value] : []
    }),
  )
}

function listScopes(account: Account, configuration: Membership): readonly Scope[] {
  return [
    { kind: 'root' },
    { kind: 'account', id: account.id },
    ...parentsThatCount(account, configuration.supportNestedOu).map((id): Scope => ({ kind: 'ou_id', id })),
    ...Object.entries(account.tags ?? {}).map(([key, value]): Scope => ({ kind: 'account_tag', key, value })),
  ]
}

function sameScope(a: Scope, b: Scope): boolean {
  if (a.kind === 'account_tag' && b.kind === 'account_tag') return a.key === b.key && a.value === b.value
  if (a.kind === 'ou_id' && b.kind === 'ou_id') return a.id === b.id
  if (a.kind === 'account' && b.kind === 'account') return a.id === b.id
  return a.kind === b.kind
}
