import type { Environment } from '../shared/domain/deployment/environment.ts'
import { kinds, placesWrittenBy } from '../shared/domain/inputs/kinds.ts'
import { usagePrefix } from '../shared/modules/usage/use-records.ts'
import { deadLetterQueues, workedQueues } from '../shared/ports/queues.ts'
import type { DeploymentNames } from './deployment-names.ts'
import { identityCenterKeyStatements } from './identity-center-key.ts'
import { membershipFolder, peoplePrefixesOf, placesOfRequesters, retireFolder } from './places-of-people.ts'

export type Statement = {
  readonly Sid: string
  readonly Effect: 'Allow' | 'Deny'
  readonly Action: readonly string[]
  readonly Resource: readonly string[]
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>
}
export type PersonPolicy = { readonly Version: '2012-10-17'; readonly Statement: readonly Statement[] }

const reads = ['s3:GetObject'] as const
const writes = ['s3:GetObject', 's3:PutObject', 's3:DeleteObject', 's3:AbortMultipartUpload'] as const

/**
 * The policies that people need besides the bucket's, by file name: one for the uploaders of each place, one for each owner of accounts and
 * each manager of groups, and one each for auditors, operators, governance, responders and requesters of temporary access. For people of
 * its own account the bucket's policy only denies; for others both policies must allow.
 */
export function peoplePolicies(
  environment: Environment,
  names: DeploymentNames,
): Readonly<Record<string, PersonPolicy>> {
  const { access, folders, provisioning } = environment
  const key = keyOf(environment, names)
  const writer = (...prefixes: readonly string[]) => policy([...inPrefixes(names, prefixes, writes), key])
  const uploader = (prefix: string, way: Environment['provisioning']['links'], path: string) =>
    policy([
      ...inPrefixes(names, [prefix], way === 'api' ? reads : writes),
      key,
      ...invoking(environment, names, way, [path]),
    ])
  const linker = (folder: string) => uploader(kinds.link.at + folder, provisioning.links, 'links')
  const drills = allow('Drills', ['s3:PutObject'], [`${names.bucketArn}/drills/*`])
  return {
    'uploader-outside-folders': linker(''),
    ...toPolicies(folders, (folder) => [`uploader-${folder.replaceAll('/', '-')}`, linker(`${folder}/`)]),
    ...toPolicies(access.accountOwners, ({ folder }) => [`account-owner-${folder}`, writer(retireFolder(folder))]),
    ...toPolicies(access.memberships, ({ folder }) => [
      folder === '' ? 'uploader-of-memberships' : `uploader-of-memberships-${folder.replaceAll('/', '-')}`,
      writer(membershipFolder(folder)),
    ]),
    'uploader-of-permission-sets': uploader(kinds.permissionSet.at, provisioning.permissionSets, 'permission-sets'),
    auditor: policy([...readAll(names), key, ...auditing(environment, names)]),
    ...(access.operators.length === 0 ? {} : { operator: operatorPolicy(environment, names) }),
    governance: writer(...placesWrittenBy('governance')),
    ...(access.people.length === 0 ? {} : { people: peoplePolicy(environment, names) }),
    ...(access.responders.length === 0 ? {} : { responder: policy([drills, key]) }),
    ...(access.requestAccounts.length === 0 ? {} : { requester: requesterPolicy(environment, names) }),
  }
}

function toPolicies<T>(all: readonly T[], of: (one: T) => readonly [string, PersonPolicy]) {
  return Object.fromEntries(all.map(of))
}

const policy = (statements: readonly Statement[]): PersonPolicy => ({ Version: '2012-10-17', Statement: statements })

function allow(
  sid: string,
  actions: readonly string[],
  resources: readonly string[],
  condition?: Statement['Condition'],
): Statement {
  return { Sid: sid, Effect: 'Allow', Action: actions, Resource: resources, Condition: condition }
}

/** Objects under these prefixes and their statuses, and listing both. */
function inPrefixes(
  names: DeploymentNames,
  prefixes: readonly string[],
  actions: readonly string[],
): readonly Statement[] {
  const statuses = prefixes.map((prefix) => `status/${prefix}`)
  return [
    allow('Objects', actions, objectsIn(names, prefixes)),
    allow('Statuses', reads, objectsIn(names, statuses)),
    allow('List', ['s3:ListBucket'], [names.bucketArn], {
      StringLike: { 's3:prefix': [...prefixes, ...statuses].map((prefix) => `${prefix}*`) },
    }),
  ]
}

function objectsIn({ bucketArn }: DeploymentNames, prefixes: readonly string[]): readonly string[] {
  return prefixes.map((prefix) => `${bucketArn}/${prefix}*`)
}

function readAll({ bucketArn }: DeploymentNames): readonly Statement[] {
  return [
    allow('List', ['s3:ListBucket', 's3:ListBucketVersions'], [bucketArn]),
    allow('Read', ['s3:GetObject', 's3:GetObjectVersion'], [`${bucketArn}/*`]),
  ]
}

/**
 * The statement about the key: by its alias, since the key has no other name before the deployment, or by the ARN of an existing bucket's
 * key.
 */
function keyOf({ name, bucket, region, account }: Environment, { partition }: DeploymentNames): Statement {
  const use = ['kms:Decrypt', 'kms:GenerateDataKey']
  if (bucket.existing?.keyArn !== undefined) return allow('Key', use, [bucket.existing.keyArn])
  return allow('Key', use, [`arn:${partition}:kms:${region}:${account}:key/*`], {
    'ForAnyValue:StringEquals': { 'kms:ResourceAliases': `alias/${name}` },
  })
}

/** Any API of the account: the id of this one is known only after the deployment, in the output ApiUrl. */
function invoking(
  { region, account }: Environment,
  { partition }: DeploymentNames,
  way: string,
  paths: readonly string[],
) {
  if (way === 's3') return []
  const api = `arn:${partition}:execute-api:${region}:${account}:*/$default/*`
  const resources = paths.flatMap((path) => [`${api}/${path}`, `${api}/${path}/*`])
  return [allow('Api', ['execute-api:Invoke'], resources)]
}

/** The role in the accounts, if one is configured. */
function auditing({ auditorRole }: Environment, { partition }: DeploymentNames): readonly Statement[] {
  if (auditorRole === '') return []
  return [allow('AuditorRole', ['sts:AssumeRole'], [`arn:${partition}:iam::*:role/${auditorRole}`])]
}

/** Operators read everything else. Who used which access is for auditors alone. */
export function denyUses({ bucketArn }: Pick<DeploymentNames, 'bucketArn'>): Statement {
  return { ...allow('Uses', ['s3:GetObject*'], [`${bucketArn}/${usagePrefix}*`]), Effect: 'Deny' }
}

/**
 * For commands that check whether a user exists, is enabled and is not suspended. They list users for a name that nobody has, and if
 * GetUserId is unknown (older AD sync). None of these actions supports a narrower resource.
 */
function askingDirectory(environment: Environment, names: DeploymentNames): readonly Statement[] {
  const calls = ['GetUserId', 'DescribeUser', 'ListUsers'].map((action) => `identitystore:${action}`)
  return [
    allow('Directory', ['sso:ListInstances', ...calls], ['*']),
    ...identityCenterKeyStatements(environment, names, { identityCenter: true, directory: true }),
  ]
}

/** `suspend` asks the directory, with the suffix of the configuration. */
function peoplePolicy(environment: Environment, names: DeploymentNames): PersonPolicy {
  return policy([
    ...inPrefixes(names, peoplePrefixesOf(environment), writes),
    allow('Configuration', reads, [`${names.bucketArn}/control/configuration.json`]),
    keyOf(environment, names),
    ...askingDirectory(environment, names),
  ])
}

function operatorPolicy(environment: Environment, names: DeploymentNames): PersonPolicy {
  const queues = [...workedQueues, ...deadLetterQueues].map((queue) => names.queueArn(queue))
  // `doctor` asks the dispatcher, and operators can repeat a report by hand.
  const invoked = (['dispatcher', 'redrive', 'report'] as const).map((name) => names.functionArn(name))
  return policy([
    ...readAll(names),
    denyUses(names),
    allow('Control', ['s3:PutObject', 's3:DeleteObject'], [`${names.bucketArn}/control/*`]),
    allow('EndAccess', ['s3:DeleteObject'], [`${names.bucketArn}/${kinds.request.at}*`]),
    keyOf(environment, names),
    ...askingDirectory(environment, names),
    // Nobody may send: a message decides where ssofile looks and which mails it sends.
    allow('Queues', ['sqs:GetQueueAttributes'], queues),
    allow('Role', ['sts:AssumeRole'], names.operatorRoleArns),
    allow('Functions', ['lambda:InvokeFunction'], invoked),
  ])
}

/**
 * Requesters write under their own id, which Identity Center puts into their sessions. Everybody reads other people's requests, to approve
 * them.
 */
function requesterPolicy(environment: Environment, names: DeploymentNames): PersonPolicy {
  const { requests } = environment.provisioning
  const api = invoking(environment, names, requests, ['requests', 'approvals', 'eligibility'])
  if (requests === 'api') return policy(api)
  const { read, write } = placesOfRequesters(environment)
  return policy([
    allow('Own', ['s3:PutObject', 's3:DeleteObject'], objectsIn(names, write)),
    allow('Read', reads, objectsIn(names, read)),
    allow('List', ['s3:ListBucket'], [names.bucketArn], {
      StringLike: { 's3:prefix': read.map((prefix) => `${prefix}*`) },
    }),
    keyOf(environment, names),
    ...api,
  ])
}
