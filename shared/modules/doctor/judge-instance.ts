import { type Finding, fail, ok, warn } from '../../domain/guardrails/finding.ts'
import type { ListedInstance } from '../../ports/installation.ts'
import type { Owner } from '../../reconcile/records/owner.ts'

type Seen = {
  readonly listed: readonly ListedInstance[]
  /** The bucket's owner; `undefined`: none yet. */
  readonly owner: Pick<Owner, 'instanceArn' | 'identityStoreId'> | undefined
  readonly managementAccountId: string
  /** The Region of these credentials' calls. */
  readonly region: string
  readonly bucket: string
}

const check = 'instance'

/**
 * Whether the bucket's instance is listed, belongs to the organization, is ACTIVE, and is called in its primary Region. Account
 * instances have no permission sets, and an instance takes changes in its primary Region only. (IAM Identity Center User Guide,
 * "Account instances" and "Using IAM Identity Center across multiple Regions".)
 */
export function judgeInstance(seen: Seen): readonly Finding[] {
  const { listed, owner, managementAccountId, region, bucket } = seen
  if (listed.length === 0)
    return [
      fail(
        check,
        `no instance of IAM Identity Center is listed in ${region}`,
        'use the Region of the instance (AWS_REGION), and credentials of the management account or the delegated administrator',
      ),
    ]
  const instance = owner
    ? listed.find(({ instanceArn }) => instanceArn === owner.instanceArn)
    : listed.find(({ ownerAccountId }) => ownerAccountId === managementAccountId)
  if (instance === undefined) {
    const names = listed.map(({ instanceArn }) => instanceArn).join(', ')
    if (owner === undefined)
      return [
        fail(
          check,
          `${names} does not belong to the management account ${managementAccountId}: an account instance has no permission sets`,
          'enable an organization instance in the management account, or use the Region of that instance',
        ),
      ]
    return [
      fail(
        check,
        `bucket ${bucket} belongs to ${owner.instanceArn}, but AWS lists ${names}`,
        'use the bucket of this instance (SSOFILE_BUCKET), or the account and Region of that one',
      ),
    ]
  }
  return [judgeOne(instance, seen), ...judgeRegion(instance, region)]
}

function judgeOne(instance: ListedInstance, { listed, owner, managementAccountId, bucket }: Seen): Finding {
  const { instanceArn, identityStoreId, ownerAccountId, status, statusReason } = instance
  if (ownerAccountId !== undefined && ownerAccountId !== managementAccountId)
    return fail(
      check,
      `${instanceArn} is an account instance of ${ownerAccountId}: it has no permission sets`,
      "use the organization's instance",
    )
  if (owner && identityStoreId !== owner.identityStoreId)
    return fail(
      check,
      `${instanceArn} has the identity store ${identityStoreId}, and bucket ${bucket} was claimed with ${owner.identityStoreId}`,
      'somebody created the instance again: use a new bucket, since the ledger has the ids of the old directory',
    )
  if (status !== undefined && status !== 'ACTIVE')
    return fail(
      check,
      `${instanceArn} is ${status}${statusReason ? `: ${statusReason}` : ''}`,
      'wait until it is ACTIVE',
    )
  const others = listed.length - 1
  const beside = others === 0 ? '' : `; ${others} other listed beside it, which ssofile leaves alone`
  return ok(check, `${instanceArn} is ACTIVE, and belongs to the organization${beside}`)
}

function judgeRegion({ primaryRegion }: ListedInstance, region: string): readonly Finding[] {
  if (primaryRegion === undefined)
    return [
      warn(
        'primary Region',
        `AWS does not say; these credentials call in ${region}`,
        'make sure that it is the primary Region',
      ),
    ]
  if (primaryRegion === region) return [ok('primary Region', region)]
  return [
    fail(
      'primary Region',
      `the instance has its primary Region in ${primaryRegion}, and these credentials call in ${region}`,
      `run ssofile in ${primaryRegion} (AWS_REGION): other Regions can change nothing`,
    ),
  ]
}
