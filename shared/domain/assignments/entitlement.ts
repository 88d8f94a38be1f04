import * as z from 'zod'
import { accountId } from '../organization/account-id.ts'
import { principalId } from '../principals/identity-center-ids.ts'
import { principalType } from '../principals/principal.ts'

/** ARN of an instance of account access manager. Source: Account Access API Reference, "ApplicationSummary". */
export const applicationArn = z
  .string()
  .regex(/^arn:[a-z0-9-]+:account-access:[a-z0-9]+(-[a-z0-9]+)*:[0-9]{12}:application\/[a-zA-Z0-9-]+$/)
  .brand<'ApplicationArn'>()
export type ApplicationArn = z.infer<typeof applicationArn>

/** Source: Account Access API Reference, "PrincipalRoleEntitlement". */
export const roleArn = z
  .string()
  .regex(/^arn:[a-z0-9-]+:iam::[0-9]{12}:role\/([a-zA-Z0-9+=,.@_-]+\/)*[a-zA-Z0-9+=,.@_-]+$/)
  .brand<'RoleArn'>()
export type RoleArn = z.infer<typeof roleArn>

/** `role:<name>`: an existing IAM role in the place of a permission set's name, which never has a `:`. */
export const roleInPlaceOfSet = z
  .string()
  .regex(/^role:[\w+=,.@-]{1,64}$/)
  .brand<'RoleInPlaceOfSet'>()
export type RoleInPlaceOfSet = z.infer<typeof roleInPlaceOfSet>

/** The ARN's last part: in one account, role names are unique, whatever their path. (IAM API Reference, "CreateRole".) */
export function nameRole(arn: RoleArn): RoleInPlaceOfSet {
  return roleInPlaceOfSet.parse(`role:${arn.slice(arn.lastIndexOf('/') + 1)}`)
}

const entitlementId = z.object({ accountId, permissionSet: roleInPlaceOfSet, principalId, type: principalType })

/** Access that account access manager gives: account × role × principal id × type. ssofile lists it, and never changes it. */
export type EntitlementId = Readonly<z.infer<typeof entitlementId>>

/** Like an assignment's key: `account%<account id>%role:<name>%<principal id>%<TYPE>`. The `role:` tells the two apart. */
export const entitlementKey = z.string().brand<'EntitlementKey'>()
export type EntitlementKey = z.infer<typeof entitlementKey>

export function renderEntitlementKey({ accountId, permissionSet, principalId, type }: EntitlementId): EntitlementKey {
  return entitlementKey.parse(`account%${accountId}%${permissionSet}%${principalId}%${type}`)
}

/** `undefined`: not the key of an entitlement. */
export function parseEntitlementKey(text: string): EntitlementId | undefined {
  const [scope, account, permissionSet, id, type, ...rest] = text.split('%')
  if (scope !== 'account' || rest.length > 0) return undefined
  return entitlementId.safeParse({ accountId: account, permissionSet, principalId: id, type }).data
}

/** Cannot fail: every EntitlementKey was rendered from ids or parsed before. */
export function entitlementOf(key: EntitlementKey): EntitlementId {
  const found = parseEntitlementKey(key)
  if (!found) throw new Error(`received '${key}', expected the key of an entitlement`)
  return found
}
