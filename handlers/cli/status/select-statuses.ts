import { isOfRequest } from '../../../shared/domain/inputs/kinds.ts'
import { linkPrefix, parseLinkAnywhere } from '../../../shared/domain/links/link.ts'
import { splitFolder, splitLinkFields } from '../../../shared/domain/links/link-fields.ts'
import type { AccountId } from '../../../shared/domain/organization/account-id.ts'
import type { OrganizationView } from '../../../shared/domain/organization/organization-view.ts'
import { parsePermissionSetKey } from '../../../shared/domain/permission-sets/permission-set-file.ts'
import { isWithin, type Membership } from '../../../shared/domain/scopes/expand-scope.ts'
import { attentionOf, type Status, statusStates } from '../../../shared/domain/statuses/status.ts'

export const selectableStates = [...statusStates, 'stuck'] as const
export type SelectableState = (typeof selectableStates)[number]

/** The requested inputs; an input must match every given field. */
export type StatusFilter = {
  /** `stuck`: failed, and ssofile retries nothing until the account accepts changes. */
  readonly states?: readonly SelectableState[] | undefined
  readonly isInputWanted?: ((input: string) => boolean) | undefined
  /** Links whose scope contains this account, and those whose access there failed. */
  readonly account?: AccountId | undefined
  readonly folder?: string | undefined
  readonly isPrincipalWanted?: ((principal: string, type: string) => boolean) | undefined
  /** Links that name it, and its file. */
  readonly permissionSet?: string | undefined
  /** For `account`: the places of accounts. Absent: unknown, and only links that name the account match. */
  readonly organization?: { readonly view: OrganizationView; readonly membership: Membership } | undefined
}

/**
 * Permission sets have no account, folder or principal. Requests for temporary access and approvals appear only if a key asks for them: a
 * denied one is no fault, and `ssofile requests` lists them.
 */
export function selectStatuses(all: readonly Status[], filter: StatusFilter): readonly Status[] {
  const { states, isInputWanted, account, folder, isPrincipalWanted, permissionSet } = filter
  return all.filter((status) => {
    const { input, state } = status
    const isStuck = attentionOf(status) === 'stuck'
    if (states !== undefined && !states.includes(state) && !(isStuck && states.includes('stuck'))) return false
    if (isInputWanted === undefined ? isOfRequest(input) : !isInputWanted(input)) return false
    if (permissionSet !== undefined && setIn(input) !== permissionSet) return false
    if (account === undefined && folder === undefined && isPrincipalWanted === undefined) return true
    if (!input.startsWith(linkPrefix)) return false
    const { folder: own, rest } = splitFolder(input.slice(linkPrefix.length))
    if (folder !== undefined && own !== folder) return false
    const { principal = '', type = '' } = splitLinkFields(rest) ?? {}
    if (isPrincipalWanted !== undefined && !isPrincipalWanted(principal, type)) return false
    return account === undefined || concerns(status, account, filter.organization)
  })
}

/** Inputs without an evaluation that may turn out to match, in any state. */
export function selectUntold(inputs: readonly string[], filter: StatusFilter): readonly string[] {
  const untold = inputs.map((input): Status => ({ input, state: 'applying', updatedAt: '' }))
  return selectStatuses(untold, { ...filter, states: undefined }).map(({ input }) => input)
}

/** The permission set that a link names, or that a file describes. */
function setIn(input: string): string | undefined {
  const name = parsePermissionSetKey(input)
  if (name.ok) return name.value
  return splitLinkFields(splitFolder(input.slice(linkPrefix.length)).rest)?.permissionSet
}

function concerns({ input, accounts }: Status, id: AccountId, organization: StatusFilter['organization']): boolean {
  if (accounts?.failed.some(({ account }) => account === id)) return true
  const link = parseLinkAnywhere(input)
  if (!link.ok) return input.includes(`account%${id}%`)
  const { scope } = link.value
  if (scope.kind === 'account') return scope.id === id
  const account = organization?.view.accounts.find((one) => one.id === id)
  return account !== undefined && organization !== undefined && isWithin(link.value, account, organization.membership)
}
