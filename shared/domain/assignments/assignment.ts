import * as z from 'zod'
import { type Grant, grant, renderGrant } from '../links/link.ts'
import { splitLinkFields } from '../links/link-fields.ts'
import { type AccountId, accountId } from '../organization/account-id.ts'
import { permissionSetName } from '../permission-sets/permission-set-name.ts'
import { principalId } from '../principals/identity-center-ids.ts'
import { type PrincipalName, principalType } from '../principals/principal.ts'
import { type EntitlementId, type EntitlementKey, parseEntitlementKey } from './entitlement.ts'

/** A link's request in one account, with the principal's name. */
export type Assignment = Grant & { readonly accountId: AccountId }

const assignmentId = z.object({ accountId, permissionSet: permissionSetName, principalId, type: principalType })

/** Account × permission set × principal id × type: one access. Names can change, this cannot. */
export type AssignmentId = Readonly<z.infer<typeof assignmentId>>

/** `account%<account id>%<permission set>%<principal id>%<TYPE>`: a fixed alphabet, and at most 107 bytes. */
export const assignmentKey = z.string().brand<'AssignmentKey'>()
export type AssignmentKey = z.infer<typeof assignmentKey>

export function renderAssignmentKey({ accountId, permissionSet, principalId, type }: AssignmentId): AssignmentKey {
  return assignmentKey.parse(`account%${accountId}%${permissionSet}%${principalId}%${type}`)
}

const keyForm = z.templateLiteral(['account%', accountId, '%', permissionSetName, '%', principalId, '%', principalType])

/** For listings of many keys: faster than parsing them. */
export function isAssignmentKey(text: string): text is AssignmentKey {
  return keyForm.safeParse(text).success
}

/** `undefined`: not an assignment key. */
export function parseAssignmentKey(text: string): AssignmentId | undefined {
  const [scope, account, permissionSet, id, type, ...rest] = text.split('%')
  if (scope !== 'account' || rest.length > 0) return undefined
  return assignmentId.safeParse({ accountId: account, permissionSet, principalId: id, type }).data
}

/** Cannot fail: every AssignmentKey was rendered from ids or parsed before. */
export function assignmentOf(key: AssignmentKey): AssignmentId {
  const found = parseAssignmentKey(key)
  if (!found) throw new Error(`received '${key}', expected the key of an assignment`)
  return found
}

/** Access of either kind: by a permission set, or by an existing role. */
export type AccessKey = AssignmentKey | EntitlementKey
export type AccessId = AssignmentId | EntitlementId

/** `undefined`: neither an assignment's key nor an entitlement's. */
export function parseAccessKey(text: string): AccessId | undefined {
  return parseAssignmentKey(text) ?? parseEntitlementKey(text)
}

/** Cannot fail: every AccessKey was rendered from ids or parsed before. */
export function accessOf(key: AccessKey): AccessId {
  const found = parseAccessKey(key)
  if (!found) throw new Error(`received '${key}', expected the key of an assignment or an entitlement`)
  return found
}

/** The assignment by name, like the `account` link that would ask for it. */
export function renderAssignmentName(assignment: Assignment): string {
  return `account%${assignment.accountId}%${renderGrant(assignment)}`
}

const assignment = z.object({ accountId, ...grant.shape })

/**
 * `undefined`: not the name of an assignment. Such a name is a dozen bytes longer than the `root` link that caused it, so the limits of
 * uploads do not apply.
 */
export function parseAssignmentName(text: string): Assignment | undefined {
  const fields = splitLinkFields(text)
  if (fields?.scope !== 'account' || fields.suffix !== 'ssofile') return undefined
  return assignment.safeParse({ ...fields, accountId: fields.value }).data
}

/** The assignment that a link to this principal name would ask for. */
export function nameAssignment({ accountId, permissionSet, type }: AssignmentId, principal: PrincipalName): Assignment {
  return { accountId, permissionSet, principal, type }
}
