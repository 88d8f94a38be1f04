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
const writes = ['s3:PutObject', 's3:DeleteObject', 's3:ReplicateObject', 's3:ReplicateDelete']

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
 * writes outside the inputs, only governance writes policies (ssofile does not), only its uploaders write in a folder (or only the API, where inputs come in by it), and versions
 * cannot be deleted. The role that operators assume is among ssofile's: `import` and `restore` write inputs too. What it
 * allows, a person also needs in a policy of their own.
 */
export function bucketPolicy(environment: Environment, names: DeploymentNames): PolicyJson {
  const policy: PolicyJson = {
    Version: '2012-10-17',
    Statement: [...denials(environment, names), ...grants(environment, names)],
  }
  const bytes = Buffer.byteLength(JSON.stringify(policy))
  if (bytes > bytesMost)
    throw new Error(
      `the policy of the bucket ${environment.bucket.name} has ${bytes} bytes, expected at most ${bytesMost}; name fewer principals, such as one role a folder`,
    )
  return policy
}

function denials(environment: Environment, names: DeploymentNames): PolicyStatementJson[] {
  const { bucketArn, roleArns } = names
  const { operators, governance } = environment.access
  const objects = (prefix: string) => `${bucketArn}/${prefix}*`
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
      NotResource: [objects('links_data/'), objects('permission_sets/'), objects('control/'), objects('policies/')],
      ...unless(roleArns),
    },
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
      Resource: [objects('policies/')],
      ...unless(governance),
    },
    {
      // All of links_data/ that is in no declared folder.
      Sid: root.sid,
      Effect: 'Deny',
      Principal: '*',
      Action: writes,
      NotResource: [...areas.map(({ prefix }) => objects(prefix)), objects('control/'), objects('policies/')],
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
            ...unless(root.writers),
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
  const { auditors, operators, governance } = environment.access
  const objects = (prefix: string) => `${bucketArn}/${prefix}*`
  const readers = [...new Set([...auditors, ...operators])]
  const isForeign = names.bucketAccount !== environment.account
  return [
    ...allow('ReadersList', readers, ['s3:ListBucket', 's3:ListBucketVersions'], [bucketArn]),
    ...allow('ReadersGet', readers, ['s3:GetObject', 's3:GetObjectVersion'], [objects('')]),
    ...allow('OperatorsControl', operators, ['s3:PutObject', 's3:DeleteObject'], [objects('control/')]),
    ...allow(
      'GovernanceWrites',
      governance,
      ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'],
      [objects('policies/')],
    ),
    ...allow('GovernanceStatus', governance, ['s3:GetObject'], [objects('status/policies/')]),
    ...allow('GovernanceLists', governance, ['s3:ListBucket'], [bucketArn], {
      StringLike: { 's3:prefix': ['policies/*', 'status/policies/*'] },
    }),
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
  if (principals.length === 0) return []
  return [
    {
      Sid: sid,
      Effect: 'Allow',
      Principal: { AWS: accountsOf(principals) },
      Action: actions,
      Resource: resources,
      Condition: { ...condition, ArnLike: { 'aws:PrincipalArn': principals } },
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
