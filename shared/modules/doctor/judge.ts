import { type Finding, fail, ok, warn } from '../../domain/guardrails/finding.ts'
import { type Account, isUnplaced } from '../../domain/organization/organization-view.ts'
import { remedyWithoutPermissionSets } from '../../domain/permission-sets/without-permission-sets.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { DatedThing, ListedInstance } from '../../ports/installation.ts'
import type { Answer } from '../../ports/service-error.ts'
import type { Owner } from '../../reconcile/records/owner.ts'
import type { Arrivals } from './arrivals.ts'
import { unasked } from './unasked.ts'

const namedMost = 20

/** Whether ListAccounts returns State and Paths of every account. */
export function judgeAccounts(accounts: readonly Pick<Account, 'id' | 'state'>[]): Finding {
  const unplaced = accounts.filter(isUnplaced).map(({ id }) => id)
  if (unplaced.length === 0) return ok('accounts', `${accounts.length}, each with State and Paths`)
  const more = unplaced.length > namedMost ? ` and ${unplaced.length - namedMost} more` : ''
  return fail(
    'accounts',
    `Organizations does not say State or Paths of ${unplaced.slice(0, namedMost).join(', ')}${more}: ssofile grants and revokes nothing there`,
    'run aws organizations describe-account --account-id; ask AWS support if it stays like this',
  )
}

/** An instance can be without permission sets: then the first permission set would fail. */
export function judgePermissionSets(has: Answer<boolean>): Finding {
  const check = 'permission sets'
  if ('error' in has) return unasked(check, has.error, { needs: 'sso:DescribeInstance' })
  if (has.is) return ok(check, 'the instance has them')
  return fail(
    check,
    'the instance of IAM Identity Center has no permission sets: they are switched off',
    remedyWithoutPermissionSets,
  )
}

type OwnAccount = {
  readonly ownAccount: string
  readonly includeOwnAccount: boolean
  /** Assignments there that ssofile created or adopted. */
  readonly ours: number
  /** Assignments of others, by the drift check. */
  readonly foreign: number
}

const ownAccountCheck = 'own account'
const alone = 'run nothing else in that account'

/**
 * Administrators of the account in which ssofile runs can change its functions, and so all access.
 *
 * | includeOwnAccount | ours there | then                                                          |
 * | ----------------- | ---------- | ------------------------------------------------------------- |
 * | true              | any        | warn                                                          |
 * | false             | some       | warn: it is older, and will be revoked or held by the brake   |
 * | false             | none       | ok; access of others is counted                               |
 */
export function judgeOwnAccount({ ownAccount, includeOwnAccount, ours, foreign }: OwnAccount): Finding {
  const there = `${ours} assignments of ssofile and ${foreign} of others give access to ${ownAccount}, in which ssofile runs: its administrators can change all access`
  if (includeOwnAccount)
    return warn(
      ownAccountCheck,
      `${there}; links outside folders may reach it`,
      `make sure that each is intended (ssofile who --account ${ownAccount}), and ${alone}`,
    )
  if (ours > 0)
    return warn(
      ownAccountCheck,
      `${there}; no link grants it now`,
      `find out why it is still there (ssofile brake, ssofile status), and ${alone}`,
    )
  return ok(
    ownAccountCheck,
    `no link reaches ${ownAccount}, in which ssofile runs; ${foreign} assignments of others do (ssofile who --account ${ownAccount}); ${alone}`,
  )
}

/** AWS's newest objects: an event must have come for each. Absent: unknown. */
export type Newest = Readonly<Partial<Record<'organization' | 'directory', DatedThing>>>

const arrivalKinds = {
  organization: { event: 'event of the organization', made: (id: string) => `account ${id} joined` },
  directory: { event: 'event of the directory', made: (id: string) => `group ${id} was made` },
} as const

/** CloudTrail and EventBridge take some minutes, and ssofile notes arrivals only every ten minutes. */
const deliveryMs = 15 * 60_000

/**
 * Whether events of AWS arrive: the only proof that trail, rules and forwarding work. `since`: the time from which somebody listened.
 * `undefined`: unknown.
 *
 * | AWS's newest object since then     | last event that arrived | result                                      |
 * | ---------------------------------- | ----------------------- | ------------------------------------------- |
 * | any                                | about then, or later    | events arrive                               |
 * | more than 15 minutes ago           | before, or none         | events do not arrive                        |
 * | none, or just now                  | some                    | events arrived before; nothing proves more  |
 * | none, or just now                  | none                    | unknown                                     |
 */
export function judgeArrivals(
  arrivals: Arrivals | undefined,
  newest: Newest,
  { now, since }: { readonly now: Date; readonly since: Date | undefined },
): readonly Finding[] {
  return (['organization', 'directory'] as const).map((kind) => {
    const { event, made } = arrivalKinds[kind]
    const check = `${kind} events`
    const last = arrivals?.[kind]
    const one = newest[kind]
    const isToldOf = one !== undefined && last !== undefined && Date.parse(last.at) >= one.at.getTime() - deliveryMs
    const isDue =
      one !== undefined && since !== undefined && one.at > since && now.getTime() - one.at.getTime() > deliveryMs
    const came = last && `the last ${event} arrived at ${last.at}: ${last.name}`
    if (isDue && !isToldOf)
      return warn(
        check,
        `${made(one.id)} at ${renderInstant(one.at)}, but no event arrived; ${came ?? `no ${event} has ever arrived`}; ssofile notices changes within the hour`,
        'look at the trail and the forwarding stacks (docs/deployment.md)',
      )
    if (came !== undefined) return ok(check, isDue ? `${came}; ${made(one.id)} at ${renderInstant(one.at)}` : came)
    const change = kind === 'organization' ? 'change a tag of an account' : 'rename a group'
    return warn(
      check,
      `no ${event} has arrived yet; without them, ssofile notices changes within the hour`,
      `to try it, ${change}, then run ssofile doctor again; if none comes, look at the trail and the forwarding stacks (docs/deployment.md)`,
    )
  })
}

type Seen = {
  readonly listed: readonly ListedInstance[]
  /** The bucket's owner; `undefined`: none yet. */
  readonly owner: Pick<Owner, 'instanceArn' | 'identityStoreId'> | undefined
  readonly managementAccountId: string
  /** The Region of these credentials' calls. */
  readonly region: string
  readonly bucket: string
}

const instanceCheck = 'instance'

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
        instanceCheck,
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
          instanceCheck,
          `${names} does not belong to the management account ${managementAccountId}: an account instance has no permission sets`,
          'enable an organization instance in the management account, or use the Region of that instance',
        ),
      ]
    return [
      fail(
        instanceCheck,
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
      instanceCheck,
      `${instanceArn} is an account instance of ${ownerAccountId}: it has no permission sets`,
      "use the organization's instance",
    )
  if (owner && identityStoreId !== owner.identityStoreId)
    return fail(
      instanceCheck,
      `${instanceArn} has the identity store ${identityStoreId}, and bucket ${bucket} was claimed with ${owner.identityStoreId}`,
      'somebody created the instance again: use a new bucket, since the ledger has the ids of the old directory',
    )
  if (status !== undefined && status !== 'ACTIVE')
    return fail(
      instanceCheck,
      `${instanceArn} is ${status}${statusReason ? `: ${statusReason}` : ''}`,
      'wait until it is ACTIVE',
    )
  const others = listed.length - 1
  const beside = others === 0 ? '' : `; ${others} other listed beside it, which ssofile leaves alone`
  return ok(instanceCheck, `${instanceArn} is ACTIVE, and belongs to the organization${beside}`)
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

type Standing = {
  readonly accountId: string
  readonly managementAccountId: string
  /** Registered for IAM Identity Center. `undefined`: unknown. */
  readonly delegatedAdministrators: readonly string[] | undefined
  readonly includeManagementAccount: boolean
}

const administrationCheck = 'administration'

/**
 * | account is            | includeManagementAccount | then                                                           |
 * | --------------------- | ------------------------ | -------------------------------------------------------------- |
 * | management            | true                     | ok                                                             |
 * | management            | false                    | ok: the account itself is left alone                           |
 * | delegated             | false                    | ok                                                             |
 * | delegated             | true                     | fail: links for the management account would never be applied  |
 * | neither               |                          | fail                                                           |
 * | not management; unknown |                        | warn                                                           |
 *
 * (IAM Identity Center User Guide, "Delegated administration".)
 */
export function judgeDelegation(standing: Standing): Finding {
  const { accountId, managementAccountId, delegatedAdministrators, includeManagementAccount } = standing
  if (accountId === managementAccountId)
    return ok(
      administrationCheck,
      `${accountId} is the management account; links may ${includeManagementAccount ? '' : 'not '}name it ("includeManagementAccount": ${includeManagementAccount})`,
    )
  if (includeManagementAccount)
    return fail(
      administrationCheck,
      `"includeManagementAccount" is true, but ${accountId} is not the management account ${managementAccountId}`,
      'set it to false, or run ssofile in the management account: only that account can change access there',
    )
  if (delegatedAdministrators === undefined)
    return warn(
      administrationCheck,
      `AWS did not say whether ${accountId} is the delegated administrator of IAM Identity Center`,
      'allow organizations:ListDelegatedAdministrators',
    )
  if (delegatedAdministrators.includes(accountId))
    return ok(administrationCheck, `${accountId} is the delegated administrator of IAM Identity Center`)
  return fail(
    administrationCheck,
    `${accountId} is neither the management account nor the delegated administrator (${delegatedAdministrators.join(', ') || 'there is none'})`,
    `aws organizations register-delegated-administrator --service-principal sso.amazonaws.com --account-id ${accountId}, with credentials of ${managementAccountId}`,
  )
}

type Sets = {
  /** By `controlsManagementAccount`. */
  readonly isControlled: boolean
  readonly managementAccountId: string
  /** The names of the permission sets in the management account. */
  readonly there: readonly string[]
  /** The ones that ssofile created or adopted. */
  readonly owned: readonly string[]
}

const setsCheck = 'management account'

/** A delegated administrator can neither change nor assign a permission set that the management account has. */
export function judgeManagementAccountSets({ isControlled, managementAccountId, there, owned }: Sets): Finding {
  if (isControlled) return ok(setsCheck, `ssofile may change the ${there.length} permission sets that it has`)
  if (there.length === 0) return ok(setsCheck, `${managementAccountId} has no permission sets`)
  const remedy =
    'give the other accounts permission sets of their own, or run ssofile in the management account (docs/deployment.md)'
  if (owned.length > 0)
    return fail(
      setsCheck,
      `${managementAccountId} has permission sets of ssofile, which ssofile can no longer change or assign: ${owned.join(', ')}`,
      remedy,
    )
  return warn(
    setsCheck,
    `${managementAccountId} has permission sets that ssofile can neither change nor assign, and which an import leaves out: ${there.join(', ')}`,
    remedy,
  )
}
