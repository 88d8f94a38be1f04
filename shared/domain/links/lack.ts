import { remedyOfContradiction } from '../assignments/contradiction.ts'
import type { AccountId } from '../organization/account-id.ts'
import { type Account, describeInactive } from '../organization/organization-view.ts'
import { permissionSetKey } from '../permission-sets/permission-set-file.ts'
import type { PermissionSetName } from '../permission-sets/permission-set-name.ts'
import type { PrincipalId } from '../principals/identity-center-ids.ts'
import { nounOf, type PrincipalName, type PrincipalType } from '../principals/principal.ts'
import type { Scope } from '../scopes/scope.ts'
import { selectorKey } from '../scopes/selector-file.ts'
import { type Complaint, quote } from '../statuses/complaint.ts'
import type { Grant } from './link.ts'

/**
 * A link's lack and a person's remedy, for its status. `waitsFor`: the input that would end the lack. `atRest`: nobody has to do
 * anything now.
 */
export type Lack = {
  readonly reason: string
  readonly remedy: string
  readonly waitsFor?: string | undefined
  readonly atRest?: true
  /** The principal that the link certainly means, under the current name. For a plan, not for the status. */
  readonly meant?: Pick<Grant, 'type' | 'principal'>
}

/** `near`, here and below: the most likely intended name. */
export function lackOfPermissionSet(permissionSet: PermissionSetName, near: string | undefined): Lack {
  return {
    reason: `permission set '${permissionSet}' does not exist${meant(near)}`,
    remedy: `upload permission_sets/${permissionSet}.json, or look at its status if you already have; ssofile applies the link when the permission set exists`,
    waitsFor: permissionSetKey(permissionSet),
  }
}

/** The principal that a link means by a former name or an id. `name`: absent if the uploader may not know it. */
export type Bearer = {
  readonly by: 'former name' | 'id'
  readonly type: PrincipalType
  readonly name?: PrincipalName | undefined
}

function lackOfPresentName({ type, principal }: Pick<Grant, 'type' | 'principal'>, bearer: Bearer): Lack {
  const noun = nounOf(bearer.type)
  const ending = bearer.type === type ? '' : ` and %${bearer.type}%ssofile at the end`
  const upload = `upload the link with ${bearer.name === undefined ? 'its present' : 'that'} name${ending}`
  const remedy = `${upload}, then delete this one`
  if (bearer.name === undefined) return { reason: `${noun} '${principal}' has another name now`, remedy }
  const name = quote(bearer.name)
  const meant = { type: bearer.type, principal: bearer.name }
  if (bearer.by === 'id') return { reason: `'${principal}' is the id of ${noun} '${name}'`, remedy, meant }
  return { reason: `${noun} '${principal}' is called '${name}' now`, remedy, meant }
}

/** `hasOtherType`: a user has the group's name, or a group has the user's name. */
export function lackOfPrincipal(
  { type, principal }: Pick<Grant, 'type' | 'principal'>,
  {
    hasOtherType = false,
    near,
    bearer,
  }: {
    readonly hasOtherType?: boolean | undefined
    readonly near?: string | undefined
    readonly bearer?: Bearer | undefined
  },
): Lack {
  if (bearer) return lackOfPresentName({ type, principal }, bearer)
  const noun = nounOf(type)
  const other = type === 'GROUP' ? 'USER' : 'GROUP'
  const reason = `${noun} '${principal}' does not exist in the identity store`
  if (hasOtherType)
    return {
      reason: `${reason}, but a ${nounOf(other)} of this name does`,
      remedy: `if you mean the ${nounOf(other)}, upload the link again with %${other}%ssofile at the end, then delete this one`,
    }
  const [create, upload] = [`create the ${noun}`, 'upload the link with']
  const remedy = near === undefined ? `${create}, or ${upload} the exact name` : `${upload} that name, or ${create}`
  return { reason: `${reason}${meant(near)}`, remedy: `${remedy}; ssofile applies it when the ${noun} exists` }
}

/** The user with this name is not the user to whom the link was applied. */
export function lackOfBoundUser(principal: string, boundTo: PrincipalId): Lack {
  return {
    reason: `user '${principal}' is no longer the user that this link was applied to (${boundTo})`,
    remedy:
      'if you mean the new user of this name, run ssofile touch with the key of the link and --rebind; otherwise delete the link',
  }
}

/** A file suspends the user. Nobody has to do anything: the link is applied when the file is gone. */
export function lackOfSuspendedUser(principal: string, suspension: string): Lack {
  return {
    reason: `user '${principal}' is suspended by ${quote(suspension, 1024)}, and gets no access until that file is deleted`,
    remedy: 'delete the link, or wait: ssofile applies it when that file is deleted',
    atRest: true,
  }
}

export function lackOfDisabledUser(principal: string): Lack {
  return {
    reason: `user '${principal}' is disabled in the directory, and a disabled user has no access`,
    remedy: 'delete the link, or have the user enabled: ssofile then applies it',
  }
}

const refusedToDelegated = 'a delegated administrator can neither change it nor grant or revoke it anywhere'
const remedyOfManagementAccount =
  'remove its assignments in the management account, or use another permission set there'

/** (IAM Identity Center User Guide, "Delegated administration".) */
export function lackOfManagementAccount(permissionSet: PermissionSetName, managementAccountId: AccountId): Lack {
  return {
    reason: `permission set '${permissionSet}' is also assigned in the management account ${managementAccountId}, so ${refusedToDelegated}`,
    remedy: `${remedyOfManagementAccount}; ssofile checks again every hour`,
  }
}

/** The link's scope names nothing that exists. */
export function lackOfScope(scope: Exclude<Scope, { kind: 'root' }>, near: string | undefined): Lack {
  if (scope.kind === 'account_tag') {
    const reason = `no active account has the tag '${quote(scope.key)}' with the value '${quote(scope.value)}'${meant(near)}`
    if (near === undefined)
      return { reason, remedy: 'nothing to do: ssofile applies it when an account has the tag', atRest: true }
    return {
      reason,
      remedy: 'tag an account, or upload the link with the exact tag; ssofile applies it when an account has the tag',
    }
  }
  if (scope.kind === 'select') {
    return {
      reason: `there is no ${selectorKey(scope.name)}${meant(near)}`,
      remedy:
        'upload the link with the exact name, or ask the owners of the selectors to add it; ssofile applies the link when the selector exists',
    }
  }
  const noun = scope.kind === 'account' ? 'account' : 'organizational unit'
  return {
    reason: `${noun} '${scope.id}' does not exist in the organization${meant(near)}`,
    remedy: `upload the link with the exact id, or delete it; ssofile applies it when the ${noun} exists`,
  }
}

export function lackOfActiveAccount(id: AccountId, state: Account['state']): Lack {
  if (state === 'UNPLACED')
    return {
      reason: `Organizations does not say State or Paths of account ${id}`,
      remedy: 'ask an operator to run ssofile doctor; until then ssofile grants and revokes nothing in this account',
    }
  return {
    reason: describeInactive({ id, state }),
    remedy:
      state === 'CLOSED'
        ? 'delete the link; or, within 90 days of the closure, have AWS Support reopen the account'
        : 'delete the link, or wait: ssofile applies it when the account is ACTIVE',
  }
}

/** Nobody knows which accounts the link means. */
export function lackOfSelector(complaint: Complaint): Lack {
  const { object, received, expected } = complaint
  return {
    reason: `${quote(object)} cannot be used: received ${received}, expected ${expected}`,
    remedy:
      'ask the owners of the selectors to correct it; until then the link grants nothing new, and its existing access stays',
  }
}

/** ssofile does not know yet which accounts have the link's tag. */
export function lackOfTags(unread: number, all: number): Lack {
  return {
    reason: `ssofile has not read the tags of ${unread} of ${all} accounts yet; it reads about nine accounts a second`,
    remedy: 'nothing to do: ssofile applies the link when it has read all tags',
  }
}

/**
 * The remedy for requests that AWS failed for these reasons. If an account lacks a customer managed policy, AWS says only
 * `Received a 404 status error: Not supported policy <name>.` (field reports).
 */
export function remedyOfFailures(reasons: readonly string[]): string {
  const [contradiction] = reasons.flatMap((reason) => remedyOfContradiction(reason) ?? [])
  if (contradiction !== undefined) return contradiction
  if (reasons.length > 0 && reasons.every((reason) => reason.endsWith(refusedToDelegated)))
    return remedyOfManagementAccount
  const names = reasons.map((reason) => /Not supported policy ([\w+=,.@-]+?)\.?$/.exec(reason)?.[1])
  const missing = [...new Set(names.filter((name) => name !== undefined))].map((name) => `'${quote(name)}'`)
  if (missing.length === 0 || names.includes(undefined)) return 'remove the cause'
  const [policies, them] = missing.length === 1 ? ['policy', 'it'] : ['policies', 'them']
  return `create the customer managed ${policies} ${missing.join(', ')} in these accounts, under the path that the permission set names, or take ${them} out of the permission set`
}

export function meant(near: string | undefined): string {
  return near === undefined ? '' : `; did you mean '${quote(near)}'?`
}
