import type { Environment } from '../shared/domain/environment.ts'
import type { DeploymentNames } from './deployment-names.ts'

export type PolicyStatementJson = {
  readonly Sid: string
  readonly Effect: 'Allow' | 'Deny'
  readonly Principal: '*' | { readonly AWS: readonly string[] }
  readonly Action: readonly string[]
  readonly Resource?: readonly string[]
  readonly NotResource?: readonly string[]
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>
}
export type PolicyJson = { readonly Version: '2012-10-17'; readonly Statement: readonly PolicyStatementJson[] }

/** S3 User Guide, "Bucket policies": 20 KB. */
const bytesMost = 20 * 1024
/** What governance writes, and nobody else. */
const governedPrefixes = ['policies/', 'selectors/', 'eligibility/'] as const
/** Records of drills: written once, by responders. */
const drillPrefix = 'drills/'
const inputPrefixes = ['links_data/', 'permission_sets/', 'control/', drillPrefix, ...governedPrefixes] as const
const puts = ['s3:PutObject', 's3:ReplicateObject', 's3:ReplicateDelete'] as const
const writes = [...puts, 's3:DeleteObject'] as const
/** What people write under their own id. */
const personalPrefixes = ['requests/', 'approvals/'] as const
/**
 * The user who is signed in, in the sessions that Identity Center makes and in no others; nobody can choose it. Where it is
 * absent, what names it means no object. (IAM Identity Center User Guide, "Using predefined attributes" and "AWS STS condition
 * context keys"; IAM User Guide, "Policy variables with no value".)
 */
// biome-ignore lint/suspicious/noTemplateCurlyInString: IAM puts the value in (IAM User Guide, "Policy variables")
const ownId = '${identitystore:UserId}/'

/** Part of the bucket and who puts and deletes there. Each pattern ends in its only `*`, which stands for any text, `/` too. */
type Area = {
  readonly sid: string
  readonly prefix: string
  /** People, by S3 or by the API. */
  readonly uploaders: readonly string[]
  /** Whom S3 lets put and delete. */
  readonly writers: readonly string[]
  readonly way: Environment['provisioning']['links']
}

/**
 * The policy of the bucket, in ssofile's account or another. Denials bind administrators of the account too: only ssofile
 * writes outside the inputs, only governance writes policies and selectors (ssofile does not), only its uploaders write in a
 * folder (or only the API, where inputs come in by it), people ask and approve under their own id only, and versions cannot
 * be deleted. The role that operators assume is among ssofile's: `import` and `restore` write inputs too. What it allows, a
 * person also needs in a policy of their own.
 */
export function bucketPolicy(environment: Environment, names: DeploymentNames): PolicyJson {
  const policy: PolicyJson = {
    Version: '2012-10-17',
    Statement: [...denials(environment, names), ...grants(environment, names)],
  }
  const bytes = Buffer.byteLength(JSON.stringify(policy))
  if (bytes > bytesMost)
    throw new Error(
      `the policy of the bucket ${environment.bucket.name} has ${bytes} bytes, expected at most ${bytesMost}; name fewer principals, such as one role a folder, or fewer accounts`,
    )
  return policy
}

function denials(environment: Environment, names: DeploymentNames): PolicyStatementJson[] {
  const { bucketArn, roleArns } = names
  const { operators, governance } = environment.access
  const objects = (prefix: string) => `${bucketArn}/${prefix}*`
  const governed = governedPrefixes.map(objects)
  const personal = personalPrefixes.map(objects)
  const [root, ...areas] = areasOf(environment, names)
  return [
    {
      Sid: 'OnlyByTls',
      Effect: 'Deny',
      Principal: '*',
      Action: ['s3:*'],
      Resource: [bucketArn, objects('')],
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
    },
    {
      Sid: 'NobodyDeletesVersions',
      Effect: 'Deny',
      Principal: '*',
      Action: ['s3:DeleteObjectVersion'],
      Resource: [objects('')],
    },
    {
      Sid: 'OnlySsofileWritesOutsideInputs',
      Effect: 'Deny',
      Principal: '*',
      Action: writes,
      NotResource: [...inputPrefixes.map(objects), objects('requests/'), objects(`approvals/${ownId}`)],
      ...unless(roleArns),
    },
    ...denialsOfRequests(environment, names),
    {
      Sid: 'OnlyOperatorsControl',
      Effect: 'Deny',
      Principal: '*',
      Action: writes,
      Resource: [objects('control/')],
      ...unless([...roleArns, ...operators]),
    },
    {
      Sid: 'OnlyGovernanceWritesPolicies',
      Effect: 'Deny',
      Principal: '*',
      Action: writes,
      Resource: governed,
      ...unless(governance),
    },
    ...denialsOfDrills(environment, names),
    {
      // All of links_data/ that is in no declared folder.
      Sid: root.sid,
      Effect: 'Deny',
      Principal: '*',
      Action: writes,
      NotResource: [
        ...areas.map(({ prefix }) => objects(prefix)),
        objects('control/'),
        objects(drillPrefix),
        ...governed,
        ...personal,
      ],
      ...unless([...roleArns, ...root.writers]),
    },
    // The statement above lets ssofile's other functions pass.
    ...(root.way === 'api'
      ? [
          {
            Sid: 'OnlyTheApiWritesLinks',
            Effect: 'Deny',
            Principal: '*',
            Action: writes,
            Resource: [objects('links_data/')],
            ...unless([...root.writers, names.roleArn('requests')]),
          } as const,
        ]
      : []),
    ...areas.map(
      ({ sid, prefix, writers }): PolicyStatementJson => ({
        Sid: sid,
        Effect: 'Deny',
        Principal: '*',
        Action: writes,
        Resource: [objects(prefix)],
        ...unless(writers),
      }),
    ),
  ]
}

/** A record of a drill is evidence: who drills writes it, and nobody takes it away. */
function denialsOfDrills({ access }: Environment, { bucketArn }: DeploymentNames): PolicyStatementJson[] {
  const about = { Effect: 'Deny', Principal: '*', Resource: [`${bucketArn}/${drillPrefix}*`] } as const
  return [
    { ...about, Sid: 'OnlyRespondersWriteDrills', Action: puts, ...unless(access.responders) },
    { ...about, Sid: 'DrillsStay', Action: ['s3:DeleteObject'] },
  ]
}

/**
 * Who writes requests and the links that come of them; approvals that are not under one's own id 'OnlySsofileWritesOutsideInputs'
 * denies. There is no pattern for the keys of everybody else, so `NotResource` names what else people write.
 */
function denialsOfRequests(environment: Environment, names: DeploymentNames): PolicyStatementJson[] {
  const { operators } = environment.access
  const objects = (prefix: string) => `${names.bucketArn}/${prefix}*`
  const signedIn = { ArnLike: { 'aws:PrincipalArn': names.sessionArnsOf('*') } }
  const exceptOwn = [...inputPrefixes.map(objects), ...personalPrefixes.map((prefix) => objects(prefix + ownId))]
  const api = environment.provisioning.requests === 's3' ? [] : [names.roleArn('api')]
  const accounts = environment.provisioning.requests === 'api' ? [] : environment.access.requestAccounts
  const people = accounts.map((account) => names.sessionArnsOf(account))
  return [
    {
      Sid: 'PeopleAskUnderTheirOwnId',
      Effect: 'Deny',
      Principal: '*',
      Action: puts,
      NotResource: exceptOwn,
      Condition: signedIn,
    },
    {
      Sid: 'PeopleEndTheirOwn',
      Effect: 'Deny',
      Principal: '*',
      Action: ['s3:DeleteObject'],
      NotResource: exceptOwn,
      Condition: { ...signedIn, ...unless(operators).Condition },
    },
    {
      Sid: 'OnlyPeopleAsk',
      Effect: 'Deny',
      Principal: '*',
      Action: puts,
      Resource: personalPrefixes.map(objects),
      ...unless([...people, ...api]),
    },
    {
      Sid: 'OnlyPeopleAndOperatorsEndAccess',
      Effect: 'Deny',
      Principal: '*',
      Action: ['s3:DeleteObject'],
      Resource: personalPrefixes.map(objects),
      ...unless([...people, ...api, ...operators]),
    },
    {
      Sid: 'OnlyRequestsBecomeTemporary',
      Effect: 'Deny',
      Principal: '*',
      Action: writes,
      Resource: [objects('links_data/temporary/')],
      ...unless([names.roleArn('requests')]),
    },
  ]
}

/** The links outside all folders first. */
function areasOf({ folders, access, provisioning }: Environment, names: DeploymentNames): [Area, ...Area[]] {
  const area = (sid: string, prefix: string, uploaders: readonly string[], way: Area['way']): Area => ({
    sid,
    prefix,
    uploaders,
    writers: [
      ...(way === 'api' ? [] : uploaders),
      ...(way === 's3' ? [] : [names.roleArn('api')]),
      ...names.operatorRoleArns,
    ],
    way,
  })
  const ofFolder = (sid: string, folder: string) => {
    const uploaders = access.uploaders.find((one) => one.folder === folder)?.principals ?? []
    return area(sid, folder === '' ? 'links_data/' : `links_data/${folder}/`, uploaders, provisioning.links)
  }
  const { permissionSetUploaders } = access
  return [
    ofFolder('UploadersOutsideFolders', ''),
    ...folders.map((folder, index) => ofFolder(`UploadersOfFolder${index + 1}`, folder)),
    area('UploadersOfPermissionSets', 'permission_sets/', permissionSetUploaders, provisioning.permissionSets),
  ]
}

function grants(environment: Environment, names: DeploymentNames): PolicyStatementJson[] {
  const { bucketArn, roleArns } = names
  const { auditors, operators, governance, responders } = environment.access
  const objects = (prefix: string) => `${bucketArn}/${prefix}*`
  const readers = [...new Set([...auditors, ...operators])]
  const isForeign = names.bucketAccount !== environment.account
  return [
    ...allow('ReadersList', readers, ['s3:ListBucket', 's3:ListBucketVersions'], [bucketArn]),
    ...allow('ReadersGet', readers, ['s3:GetObject', 's3:GetObjectVersion'], [objects('')]),
    ...allow('OperatorsControl', operators, ['s3:PutObject', 's3:DeleteObject'], [objects('control/')]),
    ...allow('RespondersDrill', responders, ['s3:PutObject'], [objects(drillPrefix)]),
    ...allow(
      'GovernanceWrites',
      governance,
      ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'],
      governedPrefixes.map(objects),
    ),
    ...allow(
      'GovernanceStatus',
      governance,
      ['s3:GetObject'],
      governedPrefixes.map((prefix) => objects(`status/${prefix}`)),
    ),
    ...allow('GovernanceLists', governance, ['s3:ListBucket'], [bucketArn], {
      StringLike: { 's3:prefix': governedPrefixes.flatMap((prefix) => [`${prefix}*`, `status/${prefix}*`]) },
    }),
    ...grantsOfRequests(environment, names),
    ...areasOf(environment, names).flatMap(({ sid, prefix, uploaders, way }) => [
      ...allow(
        `${sid}Write`,
        uploaders,
        way === 'api'
          ? ['s3:GetObject']
          : ['s3:GetObject', 's3:PutObject', 's3:DeleteObject', 's3:AbortMultipartUpload'],
        [objects(prefix)],
      ),
      ...allow(`${sid}Status`, uploaders, ['s3:GetObject'], [objects(`status/${prefix}`)]),
      ...allow(`${sid}List`, uploaders, ['s3:ListBucket'], [bucketArn], {
        StringLike: { 's3:prefix': [`${prefix}*`, `status/${prefix}*`] },
      }),
    ]),
    ...(isForeign
      ? [
          ...allow('SsofileLists', roleArns, ['s3:ListBucket'], [bucketArn]),
          ...allow('Ssofile', roleArns, ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'], [objects('')]),
          ...allow('RestorersListVersions', names.operatorRoleArns, ['s3:ListBucketVersions'], [bucketArn]),
          ...allow('RestorersGetVersions', names.operatorRoleArns, ['s3:GetObjectVersion'], [objects('')]),
        ]
      : []),
  ]
}

/**
 * Everybody who may ask by S3 also reads what others ask for, and what became of it, but no
 * approvals of others: who approves a request, its eligibility says, by groups and tags that no policy of a bucket knows. Where what
 * people write as a reason must not be read by others, requests come in by the API alone, which shows each what concerns them.
 */
function grantsOfRequests({ access, provisioning }: Environment, names: DeploymentNames): PolicyStatementJson[] {
  const { bucketArn } = names
  const accounts = provisioning.requests === 'api' ? [] : access.requestAccounts
  const people = {
    accounts: accounts.map((account) => names.accountArn(account)),
    patterns: [names.sessionArnsOf('*')],
  }
  const own = personalPrefixes.map((prefix) => prefix + ownId)
  const read = ['requests/', 'status/requests/', `status/approvals/${ownId}`, `approvals/${ownId}`, 'eligibility/']
  const objects = (prefix: string) => `${bucketArn}/${prefix}*`
  return [
    ...allowIn('PeopleAsk', people, ['s3:PutObject', 's3:DeleteObject'], own.map(objects)),
    ...allowIn('PeopleRead', people, ['s3:GetObject'], read.map(objects)),
    ...allowIn('PeopleList', people, ['s3:ListBucket'], [bucketArn], {
      StringLike: { 's3:prefix': read.map((prefix) => `${prefix}*`) },
    }),
    ...allow('OperatorsEnd', access.operators, ['s3:DeleteObject'], [objects('requests/')]),
  ]
}

/** The denial holds for all but these principals; without any, for everyone. */
function unless(principals: readonly string[]): Pick<PolicyStatementJson, 'Condition'> {
  if (principals.length === 0) return {}
  return { Condition: { ArnNotLike: { 'aws:PrincipalArn': [...new Set(principals)] } } }
}

/**
 * For principals of these names, in their own accounts. The accounts are named as principals, not the roles: a role that
 * does not exist yet, or no longer, would make S3 refuse the whole policy.
 */
function allow(
  sid: string,
  principals: readonly string[],
  actions: readonly string[],
  resources: readonly string[],
  condition: PolicyStatementJson['Condition'] = {},
): PolicyStatementJson[] {
  return allowIn(sid, { accounts: accountsOf(principals), patterns: principals }, actions, resources, condition)
}

/** For principals that fit one of the patterns, in any of these accounts. */
function allowIn(
  sid: string,
  { accounts, patterns }: { readonly accounts: readonly string[]; readonly patterns: readonly string[] },
  actions: readonly string[],
  resources: readonly string[],
  condition: PolicyStatementJson['Condition'] = {},
): PolicyStatementJson[] {
  if (accounts.length === 0) return []
  return [
    {
      Sid: sid,
      Effect: 'Allow',
      Principal: { AWS: accounts },
      Action: actions,
      Resource: resources,
      Condition: { ...condition, ArnLike: { 'aws:PrincipalArn': patterns } },
    },
  ]
}

/** The accounts of these roles and users, as principals. */
export function accountsOf(principals: readonly string[]): readonly string[] {
  const roots = principals.map((arn) => {
    const [, partition, , , account] = arn.split(':')
    return `arn:${partition}:iam::${account}:root`
  })
  return [...new Set(roots)].sort()
}
