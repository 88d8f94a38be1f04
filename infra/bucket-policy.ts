import { Refusal } from '../handlers/cli/arguments/refusal.ts'
import type { Environment } from '../shared/domain/deployment/environment.ts'
import { kinds, placesOf, placesWrittenBy } from '../shared/domain/inputs/kinds.ts'
import { temporaryPrefix } from '../shared/domain/links/link.ts'
import { reviewResultsPrefix } from '../shared/modules/reviews/rules/review-record.ts'
import { statusPrefix } from '../shared/reconcile/records/status-store.ts'
import type { DeploymentNames } from './deployment-names.ts'

export type PolicyStatementJson = {
  /** Denials have a Sid, except those of folders: their resource is clear, and the policy has no room for more. */
  readonly Sid?: string
  readonly Effect: 'Allow' | 'Deny'
  readonly Principal: '*' | { readonly AWS: readonly string[] }
  readonly Action: readonly string[]
  readonly Resource?: readonly string[]
  readonly NotResource?: readonly string[]
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>
}
export type PolicyJson = { readonly Version: '2012-10-17'; readonly Statement: readonly PolicyStatementJson[] }

/** S3 User Guide, "Bucket policies": 20 KB. */
export const policyBytesMost = 20 * 1024
/** The prefixes that only governance writes. */
const governedPrefixes = () => placesWrittenBy('governance')
/** Records of drills: responders write each once. */
const drillPrefix = 'drills/'
const sharedPrefixes = () => [
  ...placesWrittenBy('uploaders', 'permissionSetUploaders'),
  'control/',
  drillPrefix,
  kinds.suspension.at,
  ...governedPrefixes(),
]
/** The prefixes that HR writes. */
export const peoplePrefixesOf = ({ directory }: Environment): readonly string[] =>
  placesOf((kind) => kind.writers === 'people' && (directory === 'identity-center' || kind !== kinds.person))
const sharedPrefixesOf = (environment: Environment): readonly string[] => [
  ...new Set([...sharedPrefixes(), ...peoplePrefixesOf(environment)]),
]
/**
 * The prefixes that people write. For `retire/` and `memberships/`, only folders with writers are in it. In other folders nobody writes.
 */
const inputPrefixesOf = (environment: Environment): readonly string[] => [
  ...sharedPrefixesOf(environment),
  ...ownFoldersOf(environment).map(({ prefix }) => prefix),
]

export const retireFolder = (folder: string): string => `${kinds.retirement.at}${folder}/`
/** `''`: directly under `memberships/`. */
export const membershipFolder = (folder: string): string => `${kinds.membership.at}${folder === '' ? '' : `${folder}/`}`

/** Folders for account owners and for people who manage groups: nothing else opens these prefixes. */
const ownFoldersOf = ({ access }: Environment) => [
  ...access.accountOwners.map(({ folder, principals }) => ({ prefix: retireFolder(folder), principals })),
  ...access.memberships.map(({ folder, principals }) => ({ prefix: membershipFolder(folder), principals })),
]
const writes = ['s3:PutObject', 's3:DeleteObject'] as const
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
/** The prefixes that people write under their own id. */
const personalPrefixes = () => placesWrittenBy('oneself')
const readings = ['s3:ListBucket', 's3:ListBucketVersions', 's3:GetObject', 's3:GetObjectVersion'] as const
const readsAndWrites = ['s3:GetObject', 's3:PutObject', 's3:DeleteObject', 's3:AbortMultipartUpload'] as const
/**
 * The user of a session that Identity Center creates. Other sessions do not have the key, and nobody can choose it. If it is absent, a
 * resource that contains it matches no object. (IAM Identity Center User Guide, "Using predefined attributes" and "AWS STS condition
 * context keys"; IAM User Guide, "Policy variables with no value".)
 */
// biome-ignore lint/suspicious/noTemplateCurlyInString: IAM puts the value in (IAM User Guide, "Policy variables")
const ownId = '${identitystore:UserId}/'

/** People write approvals and decisions only under their own id; operators also end requests of others. */
const ownPlaces = () => personalPrefixes().flatMap((prefix) => (prefix === kinds.request.at ? [] : [prefix + ownId]))

/** The places that requesters write under their own id, and those that they read. */
export const placesOfRequesters = ({ privacy }: Pick<Environment, 'privacy'>) => ({
  write: personalPrefixes().map((place) => place + ownId),
  read: [
    kinds.request.at,
    statusPrefix + kinds.request.at,
    // With the status of each.
    `*${kinds.approval.at}${ownId}`,
    `*${kinds.decision.at}${ownId}`,
    kinds.eligibility.at,
    // Reviewers read who has access. If teams may not know of each other, only auditors read it.
    ...(privacy === 'folder' ? [] : [reviewResultsPrefix]),
  ],
})

/** A part of the bucket and its writers. Each pattern ends in its only `*`, which stands for any text, `/` too. */
type Area = {
  readonly prefix: string
  /** People who upload, by S3 or by the API. */
  readonly uploaders: readonly string[]
  /** The uploaders who put and delete by S3. */
  readonly writers: readonly string[]
  readonly way: Environment['provisioning']['links']
}

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
    Statement: [...denials(environment, names), ...grants(environment, names)],
  }
  const bytes = bytesOfPolicy(policy)
  if (bytes > policyBytesMost)
    throw new Refusal(
      `the policy of the bucket ${environment.bucket.name} has ${bytes} bytes, expected at most ${policyBytesMost} (S3 takes no more). Principals of other accounts than ${environment.account} take most: give each folder one role there, or let them assume roles in ${environment.account}`,
    )
  return policy
}

/** The size as S3 counts it. */
export function bytesOfPolicy(policy: PolicyJson): number {
  return Buffer.byteLength(JSON.stringify(policy))
}

function denials(environment: Environment, names: DeploymentNames): PolicyStatementJson[] {
  const { bucketArn, roleArns } = names
  const { access } = environment
  const objects = (prefix: string) => `${bucketArn}/${prefix}*`
  const { root, folders, permissionSets } = areasOf(environment)
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
      NotResource: [
        ...inputPrefixesOf(environment).map(objects),
        objects(kinds.request.at),
        ...ownPlaces().map(objects),
      ],
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
    // The denial covers links_data/ outside the declared folders. No pattern matches exactly that, so the statement names the other
    // places where people write.
    deny('OutsideFolders', writes, {
      NotResource: [
        ...folders.map(({ prefix }) => prefix),
        ...beginningsBeside(
          [root.prefix],
          [
            ...sharedPrefixesOf(environment).filter((prefix) => prefix !== root.prefix),
            ...personalPrefixes(),
            ...folderedOf(environment),
          ],
        ),
      ].map(objects),
      ...unless([...root.writers, names.anyRoleArn]),
    }),
    ...folders.map(({ prefix, writers }) => only(undefined, [prefix], [...writers, names.anyRoleArn])),
    // The statements above have room only for the beginning of role names; somebody else might create a role with such a name.
    deny('OnlyTheseWriteLinks', writes, {
      Resource: [objects(kinds.link.at), objects(kinds.membership.at)],
      Condition: {
        ArnLike: { 'aws:PrincipalArn': names.anyRoleArn },
        ...unless(names.rolesThatWrite(kinds.link.at)).Condition,
      },
    }),
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

/** One pattern for all folders, for statements that do not depend on the owner. */
function folderedOf({ access }: Environment): readonly string[] {
  return [
    ...(access.accountOwners.length === 0 ? [] : [kinds.retirement.at]),
    ...(access.memberships.length === 0 ? [] : [kinds.membership.at]),
  ]
}

/**
 * The shortest beginnings of these prefixes that match nothing in `meant`: the policy has no room for whole prefixes. Other keys with such
 * a beginning belong to ssofile alone ('OnlySsofileWrites').
 */
function beginningsBeside(meant: readonly string[], prefixes: readonly string[]): readonly string[] {
  const isMeant = (beginning: string) => meant.some((one) => one.startsWith(beginning))
  const shortest = (prefix: string) => {
    const length = Array.from(prefix).findIndex((_, index) => !isMeant(prefix.slice(0, index + 1)))
    return prefix.slice(0, length + 1)
  }
  return [...new Set(prefixes.map(shortest))]
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
 * Limits the writers of requests and of the links that ssofile makes from them; 'OnlySsofileWrites' denies approvals and decisions under
 * somebody else's id. No pattern matches everybody else's keys, so `NotResource` names the other places where people write.
 */
function denialsOfRequests(environment: Environment, names: DeploymentNames): PolicyStatementJson[] {
  const { operators } = environment.access
  const objects = (prefix: string) => `${names.bucketArn}/${prefix}*`
  const signedIn = { ArnLike: { 'aws:PrincipalArn': names.sessionArnsOf('*') } }
  const personal = personalPrefixes()
  // 'OnlySsofileWrites' denies approvals and decisions of others.
  const places = [...sharedPrefixesOf(environment), ...folderedOf(environment), ...personal]
  const elsewhere = places.filter((prefix) => prefix !== kinds.request.at)
  const shared = beginningsBeside([kinds.request.at], elsewhere)
  const exceptOwn = [...shared, kinds.request.at + ownId].map(objects)
  const api = names.rolesThatWrite(kinds.request.at)
  const accounts = environment.provisioning.requests === 'api' ? [] : environment.access.requestAccounts
  const people = accounts.length === 0 ? [] : [names.sessionArnsOf('*')]
  // This policy allows sessions of other accounts nothing unless it names their account.
  const unnamed = [...new Set([environment.account, names.bucketAccount])].filter(
    (own) => !accounts.some((one) => one === own),
  )
  const about = { Effect: 'Deny', Principal: '*', Resource: personal.map(objects) } as const
  return [
    deny('PeopleAskOwn', ['s3:PutObject'], {
      NotResource: exceptOwn,
      Condition: signedIn,
    }),
    deny('PeopleEndTheirOwn', ['s3:DeleteObject'], {
      NotResource: exceptOwn,
      Condition: { ...signedIn, ...unless(operators).Condition },
    }),
    { ...about, Sid: 'OnlyPeopleAsk', Action: ['s3:PutObject'], ...unless([...people, ...api]) },
    { ...about, Sid: 'OnlyPeopleEnd', Action: ['s3:DeleteObject'], ...unless([...people, ...api, ...operators]) },
    ...(unnamed.length === 0
      ? []
      : [
          {
            ...about,
            Sid: 'NobodyHereAsks',
            Action: ['s3:PutObject'],
            Condition: { ArnLike: { 'aws:PrincipalArn': unnamed.map((own) => names.sessionArnsOf(own)) } },
          } as const,
        ]),
    deny('OnlyRequestsGrant', writes, {
      Resource: [objects(temporaryPrefix)],
      ...unless(names.rolesThatWrite(temporaryPrefix)),
    }),
  ]
}

type Areas = { readonly root: Area; readonly folders: readonly Area[]; readonly permissionSets: Area }

function areasOf({ folders, access, provisioning }: Environment): Areas {
  const area = (prefix: string, uploaders: readonly string[], way: Area['way']): Area => ({
    prefix,
    uploaders,
    writers: way === 'api' ? [] : uploaders,
    way,
  })
  const ofFolder = (folder: string) => {
    const uploaders = access.uploaders.find((one) => one.folder === folder)?.principals ?? []
    return area(kinds.link.at + (folder === '' ? '' : `${folder}/`), uploaders, provisioning.links)
  }
  return {
    root: ofFolder(''),
    folders: folders.map(ofFolder),
    permissionSets: area(kinds.permissionSet.at, access.permissionSetUploaders, provisioning.permissionSets),
  }
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

function deny(
  Sid: string | undefined,
  Action: readonly string[],
  rest: Pick<PolicyStatementJson, 'Resource' | 'NotResource' | 'Condition'>,
): PolicyStatementJson {
  return { ...(Sid !== undefined && { Sid }), Effect: 'Deny', Principal: '*', Action, ...rest }
}

/** The denial covers all but these principals; without any, everyone. */
function unless(principals: readonly string[]): Pick<PolicyStatementJson, 'Condition'> {
  if (principals.length === 0) return {}
  return { Condition: { ArnNotLike: { 'aws:PrincipalArn': [...new Set(principals)] } } }
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

const accountsOf = (principals: readonly string[]) => [...new Set(principals.map(accountOf))].sort()
const accountOf = (arn: string) => arn.split(':')[4] ?? ''
