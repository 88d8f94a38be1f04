import { type Finding, fail, ok, warn } from '../../domain/guardrails/finding.ts'
import { type AccountId, accountId } from '../../domain/organization/account-id.ts'
import { permissionSetName } from '../../domain/permission-sets/permission-set-name.ts'
import { type PermissionSetArn, permissionSetArn, principalId } from '../../domain/principals/identity-center-ids.ts'
import { principalName } from '../../domain/principals/principal.ts'
import { lacksMemberships } from '../../ports/older-ad-sync.ts'
import type { Ports } from '../../ports/ports.ts'
import { type Answer, answerOrError, proofOf, type ServiceError } from '../../ports/service-error.ts'
import type { SsoAdmin } from '../../ports/sso-admin.ts'
import { isDenied } from './unasked.ts'

/** An action of AWS, and a call of it that changes nothing. `isWrite`: a call that must be refused. */
export type DryCall = { readonly action: string; readonly call: () => Promise<unknown>; readonly isWrite: boolean }
export type DryAnswer = Pick<DryCall, 'action' | 'isWrite'> & { readonly answer: Answer<unknown> }

const nobody = principalId.parse('00000000-0000-4000-8000-000000000000')
const noRequest = '00000000-0000-4000-8000-000000000000'
const noName = 'ssofile doctor: nobody has this name'

/** A permission set that does not exist: `digits` are random, and `proveAbsent` checks it before any try. */
export function absentPermissionSet(instanceArn: string, digits: string): PermissionSetArn {
  return permissionSetArn.parse(`${instanceArn.replace(':instance/', ':permissionSet/')}/ps-${digits}`)
}

/** Reads of SSO Admin, about existing or missing things. */
export function identityCenterReads(ssoAdmin: SsoAdmin, absent: PermissionSetArn, member: AccountId): DryCall[] {
  const anyState = undefined
  const read: Readonly<Record<string, () => Promise<unknown>>> = {
    ListPermissionSets: () => ssoAdmin.listPermissionSets(),
    DescribePermissionSet: () => ssoAdmin.describePermissionSet(absent),
    ListAccountAssignments: () => ssoAdmin.listAccountAssignments(member, absent),
    ListAccountAssignmentCreationStatus: () => ssoAdmin.listAssignmentRequests('creation', anyState),
    ListAccountAssignmentDeletionStatus: () => ssoAdmin.listAssignmentRequests('deletion', anyState),
    DescribeAccountAssignmentCreationStatus: () => ssoAdmin.describeAssignmentRequest('creation', noRequest),
    DescribeAccountAssignmentDeletionStatus: () => ssoAdmin.describeAssignmentRequest('deletion', noRequest),
    ListPermissionSetProvisioningStatus: () => ssoAdmin.listProvisionings(anyState),
    DescribePermissionSetProvisioningStatus: () => ssoAdmin.describeProvisioning(noRequest),
    ListPermissionSetsProvisionedToAccount: () => ssoAdmin.listPermissionSetsProvisionedToAccount(member),
    ListAccountsForProvisionedPermissionSet: () => ssoAdmin.listAccountsForProvisionedPermissionSet(absent),
    ListManagedPoliciesInPermissionSet: () => ssoAdmin.listManagedPolicies(absent),
    ListCustomerManagedPolicyReferencesInPermissionSet: () => ssoAdmin.listCustomerManagedPolicies(absent),
    GetInlinePolicyForPermissionSet: () => ssoAdmin.getInlinePolicy(absent),
    GetPermissionsBoundaryForPermissionSet: () => ssoAdmin.getPermissionsBoundary(absent),
    ListTagsForResource: () => ssoAdmin.listTagsForResource(absent),
    DescribeInstance: () => ssoAdmin.getPermissionSetsEnabled(),
    DescribeInstanceAccessControlAttributeConfiguration: () => ssoAdmin.describeAttributes(),
  }
  return toDryCalls(read)
}

/**
 * Writes of SSO Admin on a missing permission set: AWS answers ResourceNotFoundException to callers with the permission.
 * CreatePermissionSet has no target; its description is empty, which AWS refuses.
 */
export function identityCenterWrites(ssoAdmin: SsoAdmin, absent: PermissionSetArn, member: AccountId): DryCall[] {
  const target = { accountId: member, permissionSetArn: absent, principalId: nobody, principalType: 'GROUP' } as const
  const policy = { Name: 'ssofile-doctor', Path: '/' }
  const awsPolicy = `arn:${absent.split(':')[1]}:iam::aws:policy/ReadOnlyAccess`
  const write: Readonly<Record<string, () => Promise<unknown>>> = {
    CreateAccountAssignment: () => ssoAdmin.createAccountAssignment(target),
    DeleteAccountAssignment: () => ssoAdmin.deleteAccountAssignment(target),
    CreatePermissionSet: () => ssoAdmin.createPermissionSet(invalidPermissionSet),
    UpdatePermissionSet: () => ssoAdmin.updatePermissionSet(absent, { sessionDuration: 'PT1H' }),
    DeletePermissionSet: () => ssoAdmin.deletePermissionSet(absent),
    ProvisionPermissionSet: () => ssoAdmin.provisionPermissionSet(absent, member),
    AttachManagedPolicyToPermissionSet: () => ssoAdmin.attachManagedPolicy(absent, awsPolicy),
    DetachManagedPolicyFromPermissionSet: () => ssoAdmin.detachManagedPolicy(absent, awsPolicy),
    AttachCustomerManagedPolicyReferenceToPermissionSet: () => ssoAdmin.attachCustomerManagedPolicy(absent, policy),
    DetachCustomerManagedPolicyReferenceFromPermissionSet: () => ssoAdmin.detachCustomerManagedPolicy(absent, policy),
    PutInlinePolicyToPermissionSet: () => ssoAdmin.putInlinePolicy(absent, '{"Version":"2012-10-17","Statement":[]}'),
    DeleteInlinePolicyFromPermissionSet: () => ssoAdmin.deleteInlinePolicy(absent),
    PutPermissionsBoundaryToPermissionSet: () =>
      ssoAdmin.putPermissionsBoundary(absent, { ManagedPolicyArn: awsPolicy }),
    DeletePermissionsBoundaryFromPermissionSet: () => ssoAdmin.deletePermissionsBoundary(absent),
    TagResource: () => ssoAdmin.tagResource(absent, [{ Key: 'ssofile-doctor', Value: '' }]),
    UntagResource: () => ssoAdmin.untagResource(absent, ['ssofile-doctor']),
  }
  return toDryCalls(write, true)
}

const invalidPermissionSet = {
  name: permissionSetName.parse('ssofile-doctor'),
  description: '',
  sessionDuration: 'PT99H',
  relayState: undefined,
  tags: [],
}

/** Reads about a missing user, except for the listings. */
export function directoryReads({ identityStore }: Pick<Ports, 'identityStore'>): DryCall[] {
  const name = principalName.parse(noName)
  return toDryCalls({
    GetGroupId: () => identityStore.findPrincipalId('GROUP', name),
    GetUserId: () => identityStore.findPrincipalId('USER', name),
    DescribeGroup: () => identityStore.findPrincipalName('GROUP', nobody),
    DescribeUser: () => identityStore.findPrincipalName('USER', nobody),
    ListGroups: () => identityStore.listPrincipals('GROUP'),
    ListUsers: () => identityStore.listPrincipals('USER'),
    ListGroupMemberships: () => identityStore.listMembersOf(nobody),
  })
}

export function organizationReads({ organizations }: Pick<Ports, 'organizations'>, member: AccountId): DryCall[] {
  return toDryCalls({
    DescribeOrganization: () => organizations.managementAccountId(),
    ListAccounts: () => organizations.listAccounts(),
    ListRoots: () => organizations.parentName('r-none'),
    DescribeAccount: () => organizations.describeAccount(member),
    ListTagsForResource: () => organizations.listTags(member),
    DescribeOrganizationalUnit: () => organizations.parentName('ou-none-nonenone'),
  })
}

function toDryCalls(calls: Readonly<Record<string, () => Promise<unknown>>>, isWrite = false): DryCall[] {
  return Object.entries(calls).map(([action, call]) => ({ action, call, isWrite }))
}

export async function makeDryCalls(calls: readonly DryCall[]): Promise<readonly DryAnswer[]> {
  const answers: DryAnswer[] = []
  for (const { action, call, isWrite } of calls) answers.push({ action, isWrite, answer: await answerOrError(call()) })
  return answers
}

/** AWS's answers to callers with the permission. AWS may judge the input of a write first. */
function isExpected({ code }: ServiceError, isWrite: boolean): boolean {
  const expected = ['ResourceNotFoundException', ...(isWrite ? ['ValidationException', 'ConflictException'] : [])]
  return expected.includes(code)
}

/** The remedy for a missing permission. */
export const deniedRemedy =
  'give these credentials the permissions of docs/permissions.md, or use credentials that have them; if ssofile itself has them, look for a service control policy'

/**
 * | answer                                        | meaning                                 |
 * | --------------------------------------------- | --------------------------------------- |
 * | no error, not found                           | these credentials have the permission   |
 * | to a write: invalid, in conflict              | they have the permission                |
 * | access denied                                 | they lack the permission                |
 * | any other refusal                             | it does not work                        |
 * | a throttling, an internal error, no answer    | nothing                                 |
 */
export function judgeDryCalls(check: string, service: string, answers: readonly DryAnswer[]): Finding {
  const name = ({ action }: { readonly action: string }) => `${service}:${action}`
  const errors = answers.flatMap(({ action, isWrite, answer }) => {
    return 'error' in answer && !isExpected(answer.error, isWrite) ? [{ action, error: answer.error }] : []
  })
  const denied = errors.filter(({ error }) => isDenied(error))
  const refused = errors.filter(({ error }) => proofOf(error) === 'refused')
  if (denied.length > 0)
    return fail(
      check,
      `AWS refuses ${denied.length} of ${answers.length} actions to these credentials: ${denied.map(name).join(', ')}`,
      deniedRemedy,
    )
  if (refused.length > 0) {
    const each = refused.map(({ action, error }) => `${name({ action })} (${error.code}: ${error.message})`)
    return fail(
      check,
      `${refused.length} of ${answers.length} actions failed when tried: ${each.join(', ')}`,
      'remove the cause that AWS names, then run ssofile doctor again; until then ssofile puts off the work that needs these actions',
    )
  }
  const [first] = errors
  if (first)
    return warn(
      check,
      `${errors.length} of ${answers.length} actions gave no clear answer: ${name(first)}: ${first.error.message}`,
      'run ssofile doctor again',
    )
  const created = answers.some(({ action }) => action === 'CreatePermissionSet')
  const proviso = created ? '; for CreatePermissionSet, AWS only confirmed that an invalid call is invalid' : ''
  return ok(check, `${answers.length} actions are allowed, by calls that changed nothing${proviso}`)
}

/** The reads of the directory. Links work without memberships, so this is no failure. */
export function judgeDirectoryReads(answers: readonly DryAnswer[]): readonly Finding[] {
  const isLacking = ({ action, answer }: DryAnswer) =>
    action === 'ListGroupMemberships' && 'error' in answer && lacksMemberships(answer.error)
  const others = answers.filter((one) => !isLacking(one))
  const finding = judgeDryCalls('identity store', 'identitystore', others)
  if (!answers.some(isLacking)) return [finding]
  const told =
    'users come from Active Directory by the older AD sync, which does not show the members of groups. Links work. Eligibility and approval by group, minimums of people, separations, memberships, rules, and the people of groups in reports do not work. A suspension ends only the direct access of a person'
  const remedy = 'migrate to configurable AD sync (docs/from-an-hr-system.md)'
  return [finding, warn('memberships', told, remedy)]
}

/**
 * Since August 2026 an organization may have multi-account permissions disabled. No field of an answer says so, but then AWS lists no
 * permission sets. (IAM Identity Center User Guide.)
 */
export function judgeMultiAccount(listing: Answer<unknown> | undefined): Finding {
  const check = 'multi-account'
  if (listing === undefined || 'is' in listing) return ok(check, 'IAM Identity Center lists permission sets')
  const told = `IAM Identity Center lists no permission sets: ${listing.error.code}: ${listing.error.message}`
  return fail(
    check,
    told,
    'allow sso:ListPermissionSets, and make sure that multi-account permissions are enabled in the settings',
  )
}

/** A member account for the calls; `undefined`: none. */
export function memberOf(
  accounts: readonly { readonly id: AccountId; readonly state: string }[],
  managementAccountId: string,
): AccountId | undefined {
  const found = accounts.find(({ id, state }) => id !== managementAccountId && state === 'ACTIVE')
  return found && accountId.parse(found.id)
}
