import { describeAnalyzerPrice } from '../../domain/account-facts/unused-access.ts'
import { type Configuration, defaultConfiguration } from '../../domain/deployment/configuration.ts'
import { type Finding, fail, ok, skip, warn } from '../../domain/guardrails/finding.ts'
import type { RoundTripQuestion } from '../../domain/messages/round-trip-event.ts'
import type { Account } from '../../domain/organization/organization-view.ts'
import type { DirectoryNetwork } from '../../ports/directory-network.ts'
import type { Installation } from '../../ports/installation.ts'
import { listAll } from '../../ports/page.ts'
import type { Ports } from '../../ports/ports.ts'
import { type Answer, answerOrError } from '../../ports/service-error.ts'
import { controlsManagementAccount } from '../../reconcile/directory/management-account-sets.ts'
import { listKnown } from '../../reconcile/records/foreign-assignments.ts'
import { ownedPermissionSets } from '../../reconcile/records/owned-permission-sets.ts'
import { type Owner, ownerRecord, readOwner } from '../../reconcile/records/owner.ts'
import { describePause, readPause, remedyOf } from '../../reconcile/records/pause.ts'
import { readNewestSummary } from '../credentials/credential-summary.ts'
import { readArrivals } from './arrivals.ts'
import { memberOf } from './dry-calls.ts'
import { askDispatcher, examineBucket, examineFunctions, examineQueues, examineWrites } from './examine-deployment.ts'
import { examineQuotas, examineReadLag } from './examine-identity-center.ts'
import {
  judgeAccounts,
  judgeArrivals,
  judgeDelegation,
  judgeInstance,
  judgeManagementAccountSets,
  judgeOwnAccount,
  judgePermissionSets,
  type Newest,
} from './judge.ts'
import { slowPorts } from './slow-ports.ts'
import { tryIdentityCenter, tryOrganizations } from './try-permissions.ts'
import { isDenied, unasked } from './unasked.ts'

type Examination = {
  readonly ports: Ports
  readonly installation: Installation
  /** The configuration of the deployment; without one, the person's. */
  readonly configuration?: Configuration | undefined
  /** How long a message may take through the queue of events. */
  readonly roundTripMs: number
}
type ExaminedDeployment = Omit<Examination, 'configuration'> & {
  readonly configuration: Configuration
  readonly owner: Owner | undefined
  readonly region: string
  readonly accountId: string
}
type Organization = { readonly managementAccountId: string; readonly accounts: readonly Account[] }

const namedMost = 20

/**
 * Every check of the installation, in order, each with its remedy. Changes nothing. Throws ServiceError if the caller's
 * identity is unknown, because then nothing else can be asked.
 */
export async function* examine(examination: Examination): AsyncGenerator<Finding> {
  const { installation } = examination
  const ports = slowPorts(examination.ports)
  const stopped = await answerOrError(readPause(ports.objects))
  const pause = 'is' in stopped ? stopped.is : undefined
  if (pause?.lost !== undefined) yield fail('ledger', `all changes are ${describePause(pause)}`, remedyOf(pause))
  const [region, { accountId, arn }] = await Promise.all([installation.region(), installation.caller()])
  yield ok('credentials', `${arn}, in account ${accountId}, Region ${region}`)
  const owned = await answerOrError(readOwner(ports.objects))
  if ('error' in owned) yield unreadableBucket(ports, owned.error)
  const owner = 'is' in owned ? owned.is : undefined
  const configuration = examination.configuration ?? defaultConfiguration
  const known: ExaminedDeployment = { ...examination, ports, configuration, owner, region, accountId }
  // Skip this if the owner was lost, which is already reported.
  if ('is' in owned && (owner || pause?.lost === undefined)) yield describeOwner(known)
  const organization = yield* examineOrganization(known)
  if (organization) yield* examineIdentityCenter(known, organization)
  if ('is' in owned) yield* examineBucketAndDeployment(known)
  if ('is' in owned && configuration.auditorRole !== '') yield* await examineCredentials(ports)
  yield describeLimits(known)
}

function unreadableBucket({ objects }: Ports, error: Parameters<typeof unasked>[1]): Finding {
  const told = `${objects.bucket} cannot be read: ${error.code}: ${error.message}`
  return fail('bucket', told, 'set SSOFILE_BUCKET to the bucket of ssofile, and use credentials that may read it')
}

function describeOwner({ owner, ports: { objects } }: ExaminedDeployment): Finding {
  if (owner === undefined)
    return warn(
      'bucket',
      `${objects.bucket} belongs to no instance yet`,
      'deploy (docs/deployment.md), or run: ssofile apply s3://…',
    )
  const by = owner.deployment === undefined ? 'without a deployment' : `by the deployment ${owner.deployment.name}`
  return ok('bucket', `${objects.bucket} belongs to ${owner.instanceArn}, ${by}`)
}

async function* examineOrganization({ ports }: ExaminedDeployment): AsyncGenerator<Finding, Organization | undefined> {
  const { organizations } = ports
  const managementAccountId = await answerOrError(organizations.managementAccountId())
  if ('error' in managementAccountId) {
    yield refusedOrganizations(managementAccountId.error)
    return undefined
  }
  const listing = Array.fromAsync(listAll((token) => organizations.listAccounts(token)))
  const accounts = await answerOrError(listing)
  if ('error' in accounts) {
    yield refusedOrganizations(accounts.error)
    return undefined
  }
  yield judgeAccounts(accounts.is)
  const member = memberOf(accounts.is, managementAccountId.is)
  if (member === undefined) yield skip('organizations', 'not checked: there is no active member account')
  else yield await tryOrganizations(ports, member)
  return { managementAccountId: managementAccountId.is, accounts: accounts.is }
}

function refusedOrganizations(error: Parameters<typeof unasked>[1]): Finding {
  return fail(
    'organizations',
    `AWS Organizations cannot be read: ${error.code}: ${error.message}`,
    'use credentials of the management account or of a delegated administrator, with the permissions of docs/permissions.md',
  )
}

async function* examineIdentityCenter(known: ExaminedDeployment, organization: Organization): AsyncGenerator<Finding> {
  const { ports, installation, owner, region, accountId, configuration } = known
  const { managementAccountId, accounts } = organization
  const delegates = await answerOrError(installation.delegatedAdministrators())
  const delegatedAdministrators = 'is' in delegates ? delegates.is : undefined
  const { includeManagementAccount } = configuration
  yield judgeDelegation({ accountId, managementAccountId, delegatedAdministrators, includeManagementAccount })
  const listed = await answerOrError(installation.listInstances())
  if ('error' in listed) return yield unasked('instance', listed.error, { needs: 'sso:ListInstances' })
  const { bucket } = ports.objects
  const findings = judgeInstance({ listed: listed.is, owner, managementAccountId, region, bucket })
  yield* findings
  const member = memberOf(accounts, managementAccountId)
  if (findings.some(({ level }) => level === 'fail') || member === undefined)
    return yield skip('identity center', 'not checked: solve the problems above first')
  yield judgePermissionSets(await answerOrError(ports.ssoAdmin.getPermissionSetsEnabled()))
  yield* examinePermissions(known, member)
  const { identityStoreId } = await ports.ssoAdmin.instance()
  yield judgeDirectoryNetwork(await answerOrError(installation.networkOf(identityStoreId)))
  yield* examineEncryptionKey(known)
  yield await examineOwnAccount(known)
  yield* examineManagementAccount(known, managementAccountId)
  yield await examinePrincipalListing(known)
  yield* examineUse(known, organization)
}

async function examineOwnAccount({ ports, accountId, configuration }: ExaminedDeployment): Promise<Finding> {
  const { ownAccount = accountId, includeOwnAccount } = configuration
  const known = await answerOrError(Array.fromAsync(listKnown(ports.objects, `account%${ownAccount}%`)))
  if ('error' in known) return unasked('own account', known.error, { needs: 's3:ListBucket' })
  const foreign = known.is.filter(({ isForeign }) => isForeign).length
  return judgeOwnAccount({ ownAccount, includeOwnAccount, ours: known.is.length - foreign, foreign })
}

/** Tries the dispatcher's role if there is one, because a person's permissions say nothing about it. */
async function* examinePermissions(
  { ports, installation, owner }: ExaminedDeployment,
  member: NonNullable<ReturnType<typeof memberOf>>,
): AsyncGenerator<Finding> {
  const { deployment } = owner ?? {}
  const told = deployment && (await askDispatcher(`${deployment.name}-dispatcher`, { ...ports, installation }))
  if (told) yield* told.findings
  if (!told?.isAnswered) yield* tryIdentityCenter(ports, member)
}

async function* examineEncryptionKey({ ports, installation }: ExaminedDeployment): AsyncGenerator<Finding> {
  const { instanceArn } = await ports.ssoAdmin.instance()
  const key = await answerOrError(installation.encryptionKeyOf(instanceArn))
  if ('is' in key && key.is !== undefined)
    yield warn(
      'encryption key',
      `IAM Identity Center is encrypted with ${key.is}, which these credentials may use`,
      'see that the environment of the deployment names it as identityCenterKeyArn',
    )
  else if ('is' in key) yield ok('encryption key', 'IAM Identity Center has a key of AWS')
  else yield unasked('encryption key', key.error, { needs: 'sso:DescribeInstance' })
}

async function* examineManagementAccount(
  { ports, accountId, configuration }: ExaminedDeployment,
  managementAccountId: Organization['managementAccountId'],
): AsyncGenerator<Finding> {
  const { ssoAdmin, objects } = ports
  const isControlled = controlsManagementAccount(configuration, { accountId, managementAccountId })
  const management = await ports.organizations.managementAccountId()
  const list = (token?: string) => ssoAdmin.listPermissionSetsProvisionedToAccount(management, undefined, token)
  const arns = await answerOrError(Array.fromAsync(listAll(list)))
  if ('error' in arns)
    return yield unasked('management account', arns.error, { needs: 'sso:ListPermissionSetsProvisionedToAccount' })
  const there: string[] = []
  for (const arn of arns.is.slice(0, namedMost)) {
    const described = await answerOrError(ssoAdmin.describePermissionSet(arn))
    there.push(('is' in described ? described.is?.name : undefined) ?? arn)
  }
  const more = arns.is.length - there.length
  const heads = await answerOrError(Array.fromAsync(objects.list(ownedPermissionSets.at)))
  if ('error' in heads)
    return yield unasked('management account', heads.error, { needs: `s3:ListBucket of ${ownedPermissionSets.at}` })
  const names = new Set(heads.is.map(({ key }) => key.slice(ownedPermissionSets.at.length)))
  yield judgeManagementAccountSets({
    isControlled,
    managementAccountId,
    there: more > 0 ? [...there, `${more} more`] : there,
    owned: there.filter((name) => names.has(name)),
  })
}

/** AWS documents the call for the management account. If it is refused, the drift check walks all accounts. */
async function examinePrincipalListing({ ports }: ExaminedDeployment): Promise<Finding> {
  const check = 'by principal'
  const groups = await answerOrError(ports.identityStore.listPrincipals('GROUP'))
  if ('error' in groups) return unasked(check, groups.error, { needs: 'identitystore:ListGroups' })
  const [group] = groups.is.items
  if (group === undefined) return skip(check, 'not checked: the directory has no group')
  const principal = { principalId: group.id, principalType: 'GROUP' } as const
  const answer = await answerOrError(ports.ssoAdmin.listAccountAssignmentsForPrincipal(principal))
  if ('is' in answer) return ok(check, 'the drift check can list the assignments of each principal, which is quick')
  if (isDenied(answer.error))
    return ok(
      check,
      'ListAccountAssignmentsForPrincipal is refused: the drift check lists each account instead, which is slow',
    )
  return unasked(check, answer.error, { needs: 'sso:ListAccountAssignmentsForPrincipal' })
}

async function* examineBucketAndDeployment(known: ExaminedDeployment): AsyncGenerator<Finding> {
  const { ports, installation, owner, roundTripMs } = known
  yield* await examineBucket(installation.bucket)
  const pause = await readPause(ports.objects)
  if (pause && pause.lost === undefined) yield warn('pause', `all changes are ${describePause(pause)}`, remedyOf(pause))
  const { deployment } = owner ?? {}
  if (deployment === undefined) {
    // Only without a deployment: in a deployment the functions write, each with its own role.
    yield await examineWrites(ports.objects)
    return yield skip('deployment', 'no deployment: queues, functions and events not checked')
  }
  yield* await examineQueues(installation, deployment.queueUrls)
  yield await examineRoundTrip(ports, {
    installation,
    functionName: `${deployment.name}-redrive`,
    withinMs: roundTripMs,
  })
  yield* await examineArrivals(known)
  yield* await examineFunctions(installation, deployment)
}

/**
 * Asks AWS again for its newest account and group, because the ports leave out their time. ssofile wrote the owner at the first deployment,
 * or at the last change of its queues.
 */
async function examineArrivals({ ports, installation, owner }: ExaminedDeployment): Promise<readonly Finding[]> {
  const arrivals = await readArrivals(ports.objects)
  const claimed = await answerOrError(ports.objects.head(ownerRecord.at))
  const [account, group] = [
    await answerOrError(installation.newestAccount()),
    await answerOrError(newestGroup(installation, owner)),
  ]
  const newest: Newest = {
    ...('is' in account && account.is && { organization: account.is }),
    ...('is' in group && group.is && { directory: group.is }),
  }
  const since = 'is' in claimed ? claimed.is?.lastModified : undefined
  return judgeArrivals(arrivals, newest, { now: ports.clock.now(), since })
}

async function newestGroup(installation: Installation, owner: Owner | undefined) {
  return owner && installation.newestGroup(owner.identityStoreId)
}

function describeLimits({ configuration }: ExaminedDeployment): Finding {
  const { outstanding, callsPerSecond, provisionings } = configuration.limits
  return ok(
    'limits',
    `${callsPerSecond} calls a second, ${outstanding} requests and ${provisionings} provisionings at a time; AWS documents 20, 15 and 3 for all callers together, which it does not raise`,
  )
}

async function* examineUse(
  { ports, installation }: ExaminedDeployment,
  { accounts }: Organization,
): AsyncGenerator<Finding> {
  yield* await examineQuotas(ports, installation, accounts.length)
  const active = new Set<string>(accounts.filter(({ state }) => state === 'ACTIVE').map(({ id }) => id))
  yield await examineReadLag(ports, (accountId) => active.has(accountId))
}

const check = 'report of credentials'

/** The newest report of credentials, and the cost of finding unused access with IAM Access Analyzer: for information. */
async function examineCredentials({ objects }: Pick<Ports, 'objects'>): Promise<readonly Finding[]> {
  const newest = await answerOrError(readNewestSummary(objects))
  if ('error' in newest) return [unasked(check, newest.error, { needs: 's3:ListBucket' })]
  if (newest.is === undefined)
    return [skip(check, 'there is no report of credentials yet: ssofile writes one every night')]
  const { date, urgent, counts, analyzedBy } = newest.is
  const price = describeAnalyzerPrice({ counts, analyzedBy })
  const told = `the report of ${date} has ${urgent.now} things to fix now, ${urgent.soon} soon`
  return [ok(check, told), ...(price === undefined ? [] : [ok('access analyzer', price)])]
}

/**
 * Whether the network settings of the identity store may block ssofile, whose functions run in no VPC and have no fixed addresses. The
 * check `identity store` shows whether they do.
 */
export function judgeDirectoryNetwork(answer: Answer<DirectoryNetwork | undefined>): Finding {
  const check = 'directory network'
  if ('error' in answer) {
    if (!isDenied(answer.error)) return unasked(check, answer.error, { needs: 'identitystore:DescribeIdentityStore' })
    const told =
      'not checked: these credentials may not ask, or the identity store admits only some VPCs and addresses, not this one'
    return warn(
      check,
      told,
      'allow them identitystore:DescribeIdentityStore, or run this from a network that the identity store admits',
    )
  }
  const { isEndpointRequired = false, vpcs = [], addresses = [] } = answer.is ?? {}
  if (!isEndpointRequired && vpcs.length === 0) return ok(check, 'the identity store answers from anywhere')
  const only = vpcs.length === 0 ? 'through VPC endpoints' : `from ${vpcs.join(', ')}`
  const besides = addresses.length === 0 ? '' : ` and to ${addresses.join(', ')}`
  return warn(
    check,
    `the identity store answers only ${only}${besides}; the functions of ssofile run in no VPC and have no fixed addresses`,
    'make sure that the check "identity store" says ok; otherwise remove the rule (aws identitystore update-identity-store), because ssofile cannot look up anybody',
  )
}

const pollMs = 500

type RoundTrip = {
  readonly installation: Pick<Installation, 'askFunction'>
  readonly functionName: string
  readonly withinMs: number
}

/**
 * Has a function send a message to the queue of events, and waits until the handler notes it: no person may send. This proves queue, function and bucket. Only a real event
 * tests the way to the queue: see `judgeArrivals`.
 */
async function examineRoundTrip(
  { objects, clock, randomness }: Pick<Ports, 'objects' | 'clock' | 'randomness'>,
  { installation, functionName, withinMs }: RoundTrip,
): Promise<Finding> {
  const check = 'round trip'
  const id = randomness.id()
  const beganMs = clock.monotonicMs()
  const question: RoundTripQuestion = { roundTrip: id }
  const sent = await answerOrError(installation.askFunction(functionName, question))
  if ('error' in sent) return unasked(check, sent.error, { needs: `lambda:InvokeFunction on ${functionName}` })
  for (;;) {
    const tookMs = Math.round(clock.monotonicMs() - beganMs)
    if ((await readArrivals(objects))?.roundTrip?.name === id)
      return ok(check, `a message to the queue of events was handled after ${tookMs} ms`, { tookMs })
    if (tookMs >= withinMs)
      return fail(
        check,
        `a message to the queue of events was not handled within ${withinMs / 1000} s`,
        'look at the function events and its log; it may be at work on many events: run ssofile doctor again',
      )
    await clock.sleep(pollMs)
  }
}
