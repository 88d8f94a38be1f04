import * as z from 'zod'
import { type EntitlementKey, nameRole, renderEntitlementKey, roleArn } from '../assignments/entitlement.ts'
import { type AccountId, accountId } from '../organization/account-id.ts'
import { permissionSetArn, principalId } from '../principals/identity-center-ids.ts'
import { principalType } from '../principals/principal.ts'
import { type Author, callerRoleOf, findAuthor, recordedCall } from './author.ts'

/** The assignment that a call of Identity Center is about. ssofile looks there again. */
const assignment = z.object({ targetId: accountId, permissionSetArn, principalId, principalType })
export type CalledAssignment = z.infer<typeof assignment>

/** A place to look at after a call. It never says what to do there. */
export type Look =
  | { readonly at: 'assignment'; readonly assignment: CalledAssignment }
  | { readonly at: 'permission-set'; readonly arn: z.infer<typeof permissionSetArn> }
  /** The roles that account access manager gives in an account. Absent: in all accounts in which it is known to give some. */
  | {
      readonly at: 'roles'
      readonly account?: AccountId | undefined
      readonly entitlement?: EntitlementKey | undefined
    }

/** A call that may have changed access in Identity Center. `looks` is empty if AWS refused the call or if the call has an unknown form. */
export type AccessCall = {
  readonly name: string
  /** The author of the call. `undefined`: unknown. */
  readonly author: Author | undefined
  /** The ARN of the role, if a role's session made the call. */
  readonly callerRole: string | undefined
  readonly looks: readonly Look[]
}

type Read = (parameters: unknown, answer: unknown) => readonly Look[]

const ofAssignment: Read = (parameters) => {
  const { data } = assignment.safeParse(parameters)
  return data ? [{ at: 'assignment', assignment: data }] : []
}
const named = z.object({ permissionSetArn })
const ofPermissionSet: Read = (parameters) => setIn(named.safeParse(parameters).data)
const created = z.object({ permissionSet: named })
const ofCreated: Read = (_parameters, answer) => setIn(created.safeParse(answer).data?.permissionSet)
const tagged = z.object({ resourceArn: permissionSetArn })
const ofTagged: Read = (parameters) => {
  const { data } = tagged.safeParse(parameters)
  return data ? setIn({ permissionSetArn: data.resourceArn }) : []
}

function setIn(found: { readonly permissionSetArn: z.infer<typeof permissionSetArn> } | undefined): readonly Look[] {
  return found ? [{ at: 'permission-set', arn: found.permissionSetArn }] : []
}

const entitlement = z.object({
  entitlement: z.object({
    principalRole: z.object({
      principal: z.object({
        identityCenter: z.union([z.object({ groupId: principalId }), z.object({ userId: principalId })]),
      }),
      roleArn,
    }),
  }),
})

/** A deletion has only the id of the entitlement, and ssofile does not keep these ids. */
const ofRoles: Read = () => [{ at: 'roles' }]
const ofEntitlement: Read = (parameters, answer) => {
  const { data } = entitlement.safeParse(parameters)
  if (!data) return ofRoles(parameters, answer)
  const { principal, roleArn: arn } = data.entitlement.principalRole
  const holder = principal.identityCenter
  const account = accountId.safeParse(arn.split(':')[4]).data
  if (account === undefined) return ofRoles(parameters, answer)
  const of = { accountId: account, permissionSet: nameRole(arn) }
  const key =
    'groupId' in holder
      ? renderEntitlementKey({ ...of, principalId: holder.groupId, type: 'GROUP' })
      : renderEntitlementKey({ ...of, principalId: holder.userId, type: 'USER' })
  return [{ at: 'roles', account, entitlement: key }]
}

/**
 * The calls that change access, by CloudTrail's name of their service, each with the places to look at. A new call needs only a row here.
 * (IAM Identity Center User Guide, "Logging IAM Identity Center API calls with AWS CloudTrail". CloudTrail's name of account access manager
 * is inferred from its service principal.)
 */
export const accessCalls: Readonly<Record<string, Readonly<Record<string, Read>>>> = {
  'sso.amazonaws.com': {
    CreateAccountAssignment: ofAssignment,
    DeleteAccountAssignment: ofAssignment,
    CreatePermissionSet: ofCreated,
    UpdatePermissionSet: ofPermissionSet,
    DeletePermissionSet: ofPermissionSet,
    ProvisionPermissionSet: ofPermissionSet,
    AttachManagedPolicyToPermissionSet: ofPermissionSet,
    DetachManagedPolicyFromPermissionSet: ofPermissionSet,
    AttachCustomerManagedPolicyReferenceToPermissionSet: ofPermissionSet,
    DetachCustomerManagedPolicyReferenceFromPermissionSet: ofPermissionSet,
    PutInlinePolicyToPermissionSet: ofPermissionSet,
    DeleteInlinePolicyFromPermissionSet: ofPermissionSet,
    PutPermissionsBoundaryToPermissionSet: ofPermissionSet,
    DeletePermissionsBoundaryFromPermissionSet: ofPermissionSet,
    TagResource: ofTagged,
    UntagResource: ofTagged,
  },
  'account-access.amazonaws.com': {
    CreateEntitlement: ofEntitlement,
    DeleteEntitlement: ofRoles,
    DeleteApplication: ofRoles,
  },
}

const event = z.object({
  detail: recordedCall.extend({
    eventSource: z.string(),
    errorCode: z.string().optional(),
    requestParameters: z.unknown(),
    responseElements: z.unknown(),
  }),
})

/**
 * The call in an EventBridge event. `undefined`: it is a call of another service, or unreadable. A call that AWS refused changed nothing,
 * so its `looks` are empty.
 */
export function parseAccessCall(body: unknown): AccessCall | undefined {
  const { detail } = event.safeParse(body).data ?? {}
  if (!detail || !Object.hasOwn(accessCalls, detail.eventSource)) return undefined
  const calls = accessCalls[detail.eventSource] ?? {}
  const { eventName: name, errorCode, requestParameters, responseElements } = detail
  const read = Object.hasOwn(calls, name) && errorCode === undefined ? calls[name] : undefined
  return {
    name,
    author: findAuthor(detail),
    callerRole: callerRoleOf(detail),
    looks: read?.(requestParameters, responseElements) ?? [],
  }
}
