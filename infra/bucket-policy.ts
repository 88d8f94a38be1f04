import { Refusal } from '../handlers/cli/arguments/refusal.ts'
import type { Environment } from '../shared/domain/deployment/environment.ts'
import { kinds } from '../shared/domain/inputs/kinds.ts'
import { type Area, areasOf } from './areas-of-uploaders.ts'
import { denialsOfLinks } from './denials-of-links.ts'
import { denialsOfRequests } from './denials-of-requests.ts'
import type { DeploymentNames } from './deployment-names.ts'
import {
  drillPrefix,
  governedPrefixes,
  inputPrefixesOf,
  ownFoldersOf,
  peoplePrefixesOf,
  personalPrefixes,
  placesOfRequesters,
} from './places-of-people.ts'
import {
  accountOf,
  accountsOf,
  bytesOfPolicy,
  deny,
  inShort,
  type PolicyJson,
  type PolicyStatementJson,
  policyBytesMost,
  unless,
  writes,
} from './policy-statements.ts'

/**
 * Actions that would remove or lock objects in spite of the rules of writing: versions, other keys, retention, and S3's own writes for
 * another bucket. ssofile needs none of them. (Service Authorization Reference, "Amazon S3".)
 */
const undoing = [
  's3:DeleteObjectVersion',
  's3:UpdateObjectEncryption',
  's3:Replicate*',
  's3:PutObjectRetention',
  's3:PutObjectLegalHold',
] as const
/** Settings that let S3 itself delete, copy or re-key objects, or stop its notifications, in spite of this policy. */
const settings = [
  's3:PutLifecycleConfiguration',
  's3:PutBucketVersioning',
  's3:PutReplicationConfiguration',
  's3:PutBucketObjectLockConfiguration',
  's3:PutEncryptionConfiguration',
  's3:PutBucketNotification',
  's3:DeleteBucket',
] as const
const readings = ['s3:ListBucket', 's3:ListBucketVersions', 's3:GetObject', 's3:GetObjectVersion'] as const
const readsAndWrites = ['s3:GetObject', 's3:PutObject', 's3:DeleteObject', 's3:AbortMultipartUpload'] as const
/**
 * The policy of the bucket, in ssofile's account or another. Denials bind the account's administrators too:
 * - Only ssofile writes outside the inputs.
 * - Only governance writes policies and selectors; ssofile does not.
 * - Only the uploaders of a folder write there, or only the API if inputs come by it.
 * - People request and approve only under their own id.
 * - Nobody deletes versions.
 * The role of operators counts as ssofile's: `import` and `restore` write inputs too.
 *
 * People of the bucket's account and of ssofile's need no allowance here: a policy of their own is enough. People of other accounts need
 * both. (IAM User Guide, "Cross-account policy evaluation logic".)
 */
export function bucketPolicy(environment: Environment, names: DeploymentNames): PolicyJson {
  const policy: PolicyJson = {
    Version: '2012-10-17',
    Statement: [...denials(environment, names), ...grants(environment, names)].map(inShort),
  }
  const bytes = bytesOfPolicy(policy)
  if (bytes > policyBytesMost)
    throw new Refusal(
      `the policy of the bucket ${environment.bucket.name} has ${bytes} bytes, expected at most ${policyBytesMost} (S3 takes no more). Principals of other accounts than ${environment.account} take most: give each folder one role there, or let them assume roles in ${environment.account}`,
    )
  return policy
}

function denials(environment: Environment, names: DeploymentNames): PolicyStatementJson[] {
  const { bucketArn, roleArns } = names
  const { access } = environment
  const objects = (prefix: string) => `${bucketArn}/${prefix}*`
  const { permissionSets } = areasOf(environment)
  const only = (sid: string | undefined, prefixes: readonly string[], principals: readonly string[]) =>
    deny(sid, writes, { Resource: prefixes.map(objects), ...unless(principals) })
  return [
    deny('OnlyByTls', ['s3:*'], {
      Resource: [bucketArn, objects('')],
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
    }),
    deny('NobodyUndoes', undoing, { Resource: [objects('')] }),
    ...denialOfSettings(environment, names),
    deny('OnlySsofileWrites', writes, {
      // No variable: without a value it may make the whole statement invalid (IAM User Guide, "IAM policy elements: Variables and
      // tags"). 'denialsOfRequests' limits people to their own id.
      NotResource: [...inputPrefixesOf(environment), ...personalPrefixes()].map(objects),
      ...unless(roleArns),
    }),
    ...denialsOfRequests(environment, names),
    only('OnlyOperatorsControl', ['control/'], [...names.rolesThatWrite('control/'), ...access.operators]),
    only('OnlyGovernance', governedPrefixes(), access.governance),
    only('OnlyTheseSuspend', peoplePrefixesOf(environment), [
      ...access.people,
      // ssofile suspends people whose file under `people/` has ended.
      ...names.rolesThatWrite(kinds.suspension.at),
    ]),
    ...denialsOfDrills(environment, names),
    ...ownFoldersOf(environment).map(({ prefix, principals }) =>
      only(undefined, [prefix], [...principals, ...rolesBesideOwners(prefix, names)]),
    ),
    ...denialsOfLinks(environment, names),
    only(
      'PermissionSets',
      [permissionSets.prefix],
      [...permissionSets.writers, ...names.rolesThatWrite(permissionSets.prefix)],
    ),
  ]
}

/** `restore` brings back the files of memberships as well as links, and a review deletes them: 'OnlyTheseWriteLinks'. */
function rolesBesideOwners(prefix: string, names: DeploymentNames): readonly string[] {
  return prefix.startsWith(kinds.membership.at) ? [names.anyRoleArn] : []
}

/**
 * Only CloudFormation sets the bucket up, with the role from the CDK. The owner of an existing bucket has settings of their own. (CDK
 * Developer Guide, "AWS CDK bootstrapping".)
 */
function denialOfSettings(environment: Environment, names: DeploymentNames): PolicyStatementJson[] {
  if (environment.bucket.existing !== undefined) return []
  return [
    deny('OnlyDeploymentsSetUp', settings, {
      Resource: [names.bucketArn],
      ...unless([names.deployerArn]),
    }),
  ]
}

/** A record of a drill is evidence: the responder writes it, and nobody deletes it. */
function denialsOfDrills({ access }: Environment, { bucketArn }: DeploymentNames): PolicyStatementJson[] {
  const about = { Effect: 'Deny', Principal: '*', Resource: [`${bucketArn}/${drillPrefix}*`] } as const
  return [
    { ...about, Sid: 'OnlyRespondersDrill', Action: ['s3:PutObject'], ...unless(access.responders) },
    { ...about, Sid: 'DrillsStay', Action: ['s3:DeleteObject'] },
  ]
}

/**
 * The rights of people of other accounts, who also need a policy of their own. The statements above deny the places that they may not
 * write.
 */
function grants(environment: Environment, names: DeploymentNames): PolicyStatementJson[] {
  const { bucketArn } = names
  const ofOthers = (principals: readonly string[]) =>
    principals.filter((arn) => isOfOthers(environment, accountOf(arn)))
  const auditors = ofOthers(environment.access.auditors)
  const operators = ofOthers(environment.access.operators)
  const governance = ofOthers(environment.access.governance)
  const responders = ofOthers(environment.access.responders)
  const objects = (prefix: string) => `${bucketArn}/${prefix}*`
  const readers = [...new Set([...auditors, ...operators])]
  return [
    ...grantsOfDeployment(environment, names),
    ...allow(readers, readings, [bucketArn, objects('')]),
    ...allow(operators, writes, [objects('control/')]),
    ...allow(operators, ['s3:DeleteObject'], [objects(kinds.request.at)]),
    ...allow(responders, ['s3:PutObject'], [objects(drillPrefix)]),
    // One pattern for the file, its status and its history: the policy has no room for more. The statements above deny other writes.
    ...allowIn(names, {
      principals: governance,
      actions: readsAndWrites,
      prefixes: governedPrefixes().map((prefix) => `*${prefix}`),
    }),
    ...allowIn(names, {
      principals: ofOthers(environment.access.people),
      actions: readsAndWrites,
      prefixes: peoplePrefixesOf(environment),
    }),
    ...grantsOfRequests(environment, names),
    ...ownFoldersOf(environment).flatMap(({ prefix, principals }) =>
      allowIn(names, { principals: ofOthers(principals), actions: readsAndWrites, prefixes: [prefix] }),
    ),
    ...readableAreas(environment).flatMap(({ prefix, uploaders, way }) =>
      allowIn(names, {
        principals: ofOthers(uploaders),
        actions: way === 'api' ? ['s3:GetObject'] : readsAndWrites,
        prefixes: [prefix],
      }),
    ),
  ]
}

/** Whether it is neither the account of the bucket nor that of ssofile. */
function isOfOthers({ account, bucket }: Environment, other: string): boolean {
  return other !== account && other !== bucket.existing?.account
}

/**
 * For a bucket in another account: gives ssofile's account the rights that it has in a bucket of its own. The policies in that account
 * decide further, and the denials above keep others out of places with fixed writers.
 */
function grantsOfDeployment(
  { account }: Environment,
  { bucketAccount, bucketArn }: DeploymentNames,
): PolicyStatementJson[] {
  if (bucketAccount === account) return []
  return [
    {
      Effect: 'Allow',
      Principal: { AWS: [account] },
      Action: [...readings, ...writes, 's3:AbortMultipartUpload'],
      Resource: [bucketArn, `${bucketArn}/*`],
    },
  ]
}

/**
 * The places that uploaders of other accounts read. If teams may know of each other, that is one place for all folders: the policy has no
 * room for two more statements a folder.
 */
function readableAreas(environment: Environment): readonly Area[] {
  const { root, folders, permissionSets } = areasOf(environment)
  if (environment.privacy === 'folder') return [root, ...folders, permissionSets]
  const uploaders = [root, ...folders].flatMap((area) => area.uploaders)
  return [{ ...root, uploaders }, permissionSets]
}

/**
 * Everybody who may request by S3 also reads other people's requests and their statuses, but not their approvals: the eligibility names
 * approvers by groups and tags, which no bucket policy knows. If reasons must stay private, requests come by the API alone, which shows
 * each caller only their own business.
 */
function grantsOfRequests(environment: Environment, names: DeploymentNames): PolicyStatementJson[] {
  const accounts = environment.provisioning.requests === 'api' ? [] : environment.access.requestAccounts
  const others = accounts.filter((account) => isOfOthers(environment, account))
  if (others.length === 0) return []
  const people = { Effect: 'Allow', Principal: { AWS: others } } as const
  const signedIn = { ArnLike: { 'aws:PrincipalArn': names.sessionArnsOf('*') } }
  const objects = (prefix: string) => `${names.bucketArn}/${prefix}*`
  // The statements above deny the places that they may not write.
  const read = placesOfRequesters(environment).read
  return [
    { ...people, Action: ['s3:GetObject', ...writes], Resource: read.map(objects), Condition: signedIn },
    {
      ...people,
      Action: ['s3:ListBucket'],
      Resource: [names.bucketArn],
      Condition: { ...signedIn, StringLike: { 's3:prefix': read.map((prefix) => `${prefix}*`) } },
    },
  ]
}

/**
 * Allows actions to principals with these names, in their own accounts. The statement names the accounts as principals, not the roles: S3
 * would refuse the whole policy for a role that does not exist.
 */
function allow(
  principals: readonly string[],
  actions: readonly string[],
  resources: readonly string[],
): PolicyStatementJson[] {
  if (principals.length === 0) return []
  return [
    {
      Effect: 'Allow',
      Principal: { AWS: accountsOf(principals) },
      Action: actions,
      Resource: resources,
      Condition: { ArnLike: { 'aws:PrincipalArn': principals } },
    },
  ]
}

type PrefixGrant = Readonly<Record<'principals' | 'actions' | 'prefixes', readonly string[]>>

/**
 * Objects under these prefixes and their statuses, and listing both, for the whole accounts of these principals. The denials above limit
 * the writers; each account decides on its readers. S3 takes no condition on `s3:prefix` beside actions on objects ("Conditions do not
 * apply to combination of actions and resources in statement"), so there are two statements.
 */
function allowIn(
  { bucketArn }: DeploymentNames,
  { principals, actions, prefixes }: PrefixGrant,
): PolicyStatementJson[] {
  if (principals.length === 0) return []
  const patterns = prefixes.flatMap((prefix) =>
    prefix.startsWith('*') ? [`${prefix}*`] : [`${prefix}*`, `status/${prefix}*`],
  )
  const statement = { Effect: 'Allow', Principal: { AWS: accountsOf(principals) } } as const
  return [
    { ...statement, Action: actions, Resource: patterns.map((pattern) => `${bucketArn}/${pattern}`) },
    {
      ...statement,
      Action: ['s3:ListBucket'],
      Resource: [bucketArn],
      Condition: { StringLike: { 's3:prefix': patterns } },
    },
  ]
}
