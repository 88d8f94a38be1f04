import { environment } from '../../../shared/domain/deployment/environment.ts'
import { evaluatePolicy } from '../../../shared/domain/iam-policies/evaluate-policy.ts'
import type { Kind } from '../../../shared/domain/inputs/kind.ts'
import { allKinds } from '../../../shared/domain/inputs/kinds.ts'
import type { PersonSession } from '../../../shared/memory/iam/person-sessions.ts'
import { usagePrefix } from '../../../shared/modules/usage/use-records.ts'
import { bucketPolicy } from '../../bucket-policy.ts'
import { deploymentNames } from '../../deployment-names.ts'
import { denyUses, peoplePolicies } from '../../people-policies.ts'
import { localAccountId, localRegion } from '../local-account.ts'

/** The signer of a request, and the person with credentials from Identity Center, if there is one. */
export type Signer = { readonly accessKeyId: string; readonly person: PersonSession | undefined }
export type WriteAction = 'PutObject' | 'DeleteObject'

const users = `arn:aws:iam::${localAccountId}:user/`

/**
 * A deployment in which every key uploads, manages groups, and retires for every account owner, and all people may request.
 * Both work by S3 and by the API.
 */
const deployment = environment.parse({
  account: localAccountId,
  managementAccount: localAccountId,
  region: localRegion,
  instanceArn: 'arn:aws:sso:::instance/ssoins-0000000000000000',
  bucket: { name: 'ssofile' },
  access: {
    operators: [`${users}operator`],
    governance: [`${users}governance`],
    responders: [`${users}responder`],
    people: [`${users}hr`],
    requestAccounts: [localAccountId],
  },
  provisioning: { links: 'both', permissionSets: 'both', requests: 'both' },
  page: {
    signIn: {
      issuer: 'http://localhost',
      clientId: 'ssofile',
      clientSecretArn: `arn:aws:secretsmanager:${localRegion}:${localAccountId}:secret:ssofile-page`,
    },
    operators: ['team-Platform'],
  },
  hygieneRole: 'ssofile-hygiene',
  directory: 'identity-center',
  alarmAddress: 'nobody@example.com',
})
const everybody = [`${users}*`]
const names = deploymentNames(deployment)
const open = {
  ...deployment,
  access: {
    ...deployment.access,
    uploaders: [{ folder: '', principals: everybody }],
    permissionSetUploaders: everybody,
    // Any folder, since the tags of accounts name the owners.
    accountOwners: [{ folder: '*', principals: everybody }],
    memberships: [{ folder: '', principals: everybody }],
  },
}

/** The access key id of an administrator of the bucket's account, in a plain role: no place of the bucket names it as a writer. */
export const bucketAdministrator = 'bucket-administrator'
const administratorArn = `arn:aws:iam::${localAccountId}:role/${bucketAdministrator}`
const roles = new Map([
  ...names.roleArns.map((arn) => [arn.slice(arn.indexOf('/') + 1), arn] as const),
  [bucketAdministrator, administratorArn],
])

type BucketPolicy = ReturnType<typeof bucketPolicy>
/** A cache of policies by the places of all kinds, since every write is judged. A test may add a kind. */
const policies = new Map<string, BucketPolicy>()

function policyOf(all: readonly Kind[]): BucketPolicy {
  const places = all.map(({ at }) => at).join(' ')
  const policy = policies.get(places) ?? bucketPolicy(open, names)
  policies.set(places, policy)
  return policy
}

/** The policy of the bucket of a deployment like this one. */
export const localBucketPolicy = (): BucketPolicy => policyOf(allKinds())

/** Whether the policy of a deployment's bucket would deny this change of its settings. The deployer is `ssofile` here. */
export function isSettingDenied(accessKeyId: string, action: string): boolean {
  const principal = accessKeyId === 'ssofile' ? names.deployerArn : (roles.get(accessKeyId) ?? users + accessKeyId)
  const request = { action: `s3:${action}`, resource: names.bucketArn, principal }
  return evaluatePolicy(localBucketPolicy(), request) === 'denied'
}

/** Whether the policy of a deployment's bucket would deny this. Other policies decide on the rest. */
export function isDeniedByBucket({ accessKeyId, person }: Signer, action: WriteAction, key: string): boolean {
  const policy = policyOf(allKinds())
  const request = { action: `s3:${action}`, resource: `${names.bucketArn}/${key}` }
  if (person === undefined)
    return evaluatePolicy(policy, { ...request, principal: roles.get(accessKeyId) ?? users + accessKeyId }) === 'denied'
  // People sign in to any account of the organization, and all of them may request here.
  const principal = `arn:aws:iam::${localAccountId}:role/aws-reserved/sso.amazonaws.com/${person.roleName}`
  const context = { 'identitystore:UserId': person.userId }
  return evaluatePolicy(policy, { ...request, principal, context }) === 'denied'
}

const { governance, responder, people: hr, operator } = peoplePolicies(deployment, names)
const policiesOfPeople = new Map(
  Object.entries({ governance, responder, hr, operator, 'ssofile-operator': { Statement: [denyUses(names)] } }),
)

/** Whether the policy of this caller keeps uses of access from it. Elsewhere the local system lets everybody read. */
export function mayNotReadUses(accessKeyId: string, key: string): boolean {
  const policy = key.startsWith(usagePrefix) ? policiesOfPeople.get(accessKeyId) : undefined
  if (policy === undefined) return false
  const request = { action: 's3:GetObject', resource: `${names.bucketArn}/${key}`, principal: users + accessKeyId }
  return evaluatePolicy(policy, request) !== 'allowed'
}
