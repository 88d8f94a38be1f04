import * as z from 'zod'
import { accountOwner } from '../files/retire-file.ts'
import { accountId } from '../organization/account-id.ts'
import { type Configuration, configuration, deploymentLimits } from './configuration.ts'
import { pageSettings } from './page-settings.ts'

/**
 * The Regions with the events of an organization, and with the events of IAM. (AWS General Reference, endpoints of "AWS Organizations" and
 * "AWS Identity and Access Management".)
 */
const partitions = {
  aws: { organizationRegion: 'us-east-1', iamRegion: 'us-east-1' },
  'aws-cn': { organizationRegion: 'cn-northwest-1', iamRegion: 'cn-north-1' },
  'aws-us-gov': { organizationRegion: 'us-gov-west-1', iamRegion: 'us-gov-west-1' },
} as const
export type Partition = keyof typeof partitions

export function partitionOf(region: string): Partition {
  if (region.startsWith('cn-')) return 'aws-cn'
  return region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws'
}

/** The Region in which the management account gets the events of its organization. */
export function organizationRegionOf(region: string): string {
  return partitions[partitionOf(region)].organizationRegion
}

/** The Region in which each account gets the events of its IAM. */
export function iamRegionOf(region: string): string {
  return partitions[partitionOf(region)].iamRegion
}

export const region = z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/)
export const bucketName = z.string().regex(/^(?!xn--|sthree-)[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/)

/** A schema with its own message, which says more than a message for all fields could. */
const arn = (pattern: RegExp, expected: string) => z.string(expected).regex(pattern, expected)
const instanceArn = arn(
  /^arn:aws[a-z-]*:sso:::instance\/(sso)?ins-[a-zA-Z0-9-.]{16}$/,
  'the ARN of the instance, such as arn:aws:sso:::instance/ssoins-1234567890abcdef',
)
const keyArn = arn(
  /^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/[a-zA-Z0-9-]+$/,
  'the ARN of a KMS key, such as arn:aws:kms:eu-west-1:777788889999:key/12345678-1234-1234-1234-123456789012',
)

/**
 * The ARN of an IAM role or user. `*` stands for the end of a name that AWS chooses, as in `AWSReservedSSO_Auditors_*`. A `*` in the
 * account or for the whole name would open the bucket to strangers.
 */
const principal = arn(
  /^arn:aws[a-z-]*:iam::\d{12}:(role|user)\/[\w+=,.@/-]+\*?$/,
  'the ARN of an IAM role or user, such as arn:aws:iam::111122223333:role/team-a; only its end may be *',
)
const principals = z.array(principal).max(50)

/** CloudWatch Logs API Reference, PutRetentionPolicy. */
const retentionDays = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
] as const

/** The access of each principal, through S3 and through the API. */
export const access = z.strictObject({
  /** The principals that put and delete links, by folder. `""`: links directly under `links_data/`. */
  uploaders: z.array(z.strictObject({ folder: z.string(), principals })).default([]),
  permissionSetUploaders: principals.default([]),
  auditors: principals.default([]),
  operators: principals.default([]),
  /** The principals that write `policies/`, `selectors/`, `eligibility/`, `groups/` and `rules/`. ssofile itself may not. */
  governance: principals.default([]),
  /** The principals that upload records of drills under `drills/`. Responders do so with their everyday access; see break-glass. */
  responders: principals.default([]),
  /** The principals that suspend people with files under `suspended/`: the pipeline of HR. */
  people: principals.default([]),
  /**
   * The principals that put and delete files under `retire/<folder>/`. The folder is the value of the owner tag of their accounts, so they
   * cannot retire credentials in other owners' accounts.
   */
  accountOwners: z
    .array(z.strictObject({ folder: accountOwner, principals }))
    .max(20)
    .default([]),
  /**
   * The principals that put and delete files under `memberships/<folder>/`, which put people into our groups. The folder is one of
   * `folders`. `''` without another folder: all of `memberships/`. Empty: no principal.
   */
  memberships: z
    .array(z.strictObject({ folder: z.string(), principals }))
    .max(20)
    .default([]),
  /** Accounts with Identity Center sessions that may request temporary access and approve it. Empty: nobody requests access. */
  requestAccounts: z.array(accountId).max(20).default([]),
})

const ways = ['s3', 'api', 'both'] as const

const shape = configuration.omit({ ownAccount: true }).extend({
  limits: deploymentLimits.prefault({}),
  /** Editors use it. */
  $schema: z.string().optional(),
  /** The prefix of the names of all deployed resources. */
  name: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,19}$/)
    .default('ssofile'),
  /** The account of ssofile: the delegated administrator of IAM Identity Center, or the management account. */
  account: accountId,
  managementAccount: accountId,
  /** The primary Region of IAM Identity Center. */
  region,
  /** The Regions to which IAM Identity Center is replicated: people use access there too. */
  additionalRegions: z.array(region).max(20).default([]),
  instanceArn,
  /** The key that encrypts IAM Identity Center itself, if it is a customer managed key. Absent: it is AWS's own key. */
  identityCenterKeyArn: keyArn.optional(),
  bucket: z.strictObject({
    name: bucketName,
    /** A bucket that exists already. Its owner sets it up. Absent: the deployment creates the bucket. */
    existing: z.strictObject({ account: accountId, keyArn: keyArn.optional() }).optional(),
  }),
  access,
  /** The way in for links, permission sets and requests: uploads to the bucket, the API, or both. */
  provisioning: z
    .strictObject({
      links: z.enum(ways).default('s3'),
      permissionSets: z.enum(ways).default('s3'),
      requests: z.enum(ways).default('s3'),
    })
    .prefault({}),
  /** The page for everybody, with the company's sign-in. Absent: no page. */
  page: pageSettings.optional(),
  alarmAddress: z.email(),
  /** Whether a new alarm for a schedule waits for the first run: `WarmUpConfiguration`, which CloudFormation has since September 2026. */
  alarmWarmUp: z.boolean().default(true),
  logRetentionDays: z.literal(retentionDays).default(365),
  schedules: z
    .strictObject({
      /** The UTC time at which the nightly drift check begins. */
      driftCheckAt: z
        .string()
        .regex(/^([01]\d|2[0-3]):[0-5]\d$/)
        .default('02:00'),
    })
    .prefault({}),
})

/**
 * The environment of a deployment: one file under `infra/environments/`. It contains the configuration of ssofile and the settings that
 * exist only on AWS.
 */
export const environment = shape.superRefine((value, context) => {
  const tell = (path: readonly (string | number)[], message: string) =>
    context.addIssue({ code: 'custom', path: [...path], message })
  const partition = partitionOf(value.region)
  const { access, bucket } = value
  value.additionalRegions.forEach((additional, index, all) => {
    if (additional === value.region || partitionOf(additional) !== partition || all.indexOf(additional) < index)
      tell(['additionalRegions', index], `another Region of the partition ${partition} than ${value.region}, once`)
  })
  access.uploaders.forEach(({ folder }, index) => {
    const path = ['access', 'uploaders', index, 'folder']
    if (folder !== '' && !value.folders.includes(folder)) tell(path, `one of folders: ${told(value.folders)}`)
    if (access.uploaders.findIndex((other) => other.folder === folder) < index) tell(path, 'each folder once')
    // The bucket's policy recognizes the roles of ssofile by the prefix of their names.
    const ownRoles = `:iam::${value.account}:role/${value.name}-`
    for (const [principal, arn] of access.uploaders[index]?.principals.entries() ?? [])
      if (arn.includes(ownRoles))
        tell(
          ['access', 'uploaders', index, 'principals', principal],
          `a role whose name does not begin with ${value.name}-, as the roles of this deployment do`,
        )
    const inner = value.folders.find((other) => folder !== '' && other.startsWith(`${folder}/`))
    if (inner !== undefined) tell(path, `a folder without another inside: its uploaders could also write to '${inner}'`)
  })
  access.accountOwners.forEach(({ folder }, index) => {
    if (access.accountOwners.findIndex((other) => other.folder === folder) < index)
      tell(['access', 'accountOwners', index, 'folder'], 'each folder once')
  })
  access.memberships.forEach(({ folder }, index) => {
    const path = ['access', 'memberships', index, 'folder']
    if (folder !== '' && !value.folders.includes(folder)) tell(path, `one of folders: ${told(value.folders)}`)
    if (folder === '' && access.memberships.length > 1)
      tell(path, 'no other folder beside it: it is all of memberships/')
    if (access.memberships.findIndex((other) => other.folder === folder) < index) tell(path, 'each folder once')
  })
  if (access.accountOwners.length > 0 && value.hygieneRole === '')
    tell(['access', 'accountOwners'], 'none: only hygieneRole can retire credentials')
  for (const [receiver, { folders }] of value.notifications.receivers.entries())
    for (const [index, folder] of folders.entries())
      if (folder !== '' && !value.folders.includes(folder))
        tell(['notifications', 'receivers', receiver, 'folders', index], `'' or one of folders: ${told(value.folders)}`)
  if (value.provisioning.requests !== 's3' && access.requestAccounts.length === 0)
    tell(
      ['provisioning', 'requests'],
      '"s3", or an account in access.requestAccounts: without one, nobody can send requests',
    )
  // The key must be in the management account. (IAM Identity Center User Guide, "Advanced KMS key policy statements".)
  const identityCenterKey = value.identityCenterKeyArn
  if (identityCenterKey !== undefined && identityCenterKey.split(':')[4] !== value.managementAccount)
    tell(['identityCenterKeyArn'], `a key of the management account ${value.managementAccount}`)
  if ((value.page?.domain === undefined) !== (value.page?.certificateArn === undefined))
    tell(['page'], 'domain and certificateArn together, or neither')
  const arns = [
    { path: ['instanceArn'], arn: value.instanceArn },
    ...(identityCenterKey === undefined ? [] : [{ path: ['identityCenterKeyArn'], arn: identityCenterKey }]),
    ...(bucket.existing?.keyArn === undefined
      ? []
      : [{ path: ['bucket', 'existing', 'keyArn'], arn: bucket.existing.keyArn }]),
    ...(value.page === undefined
      ? []
      : [{ path: ['page', 'signIn', 'clientSecretArn'], arn: value.page.signIn.clientSecretArn }]),
    ...access.uploaders.flatMap(({ principals }, uploader) =>
      principals.map((arn, index) => ({ path: ['access', 'uploaders', uploader, 'principals', index], arn })),
    ),
    ...(['accountOwners', 'memberships'] as const).flatMap((list) =>
      access[list].flatMap(({ principals }, owner) =>
        principals.map((arn, index) => ({ path: ['access', list, owner, 'principals', index], arn })),
      ),
    ),
    ...value.notifications.receivers.flatMap(({ webhook }, receiver) =>
      webhook === undefined
        ? []
        : [{ path: ['notifications', 'receivers', receiver, 'webhook', 'secretArn'], arn: webhook.secretArn }],
    ),
    ...(['permissionSetUploaders', 'auditors', 'operators', 'governance', 'responders', 'people'] as const).flatMap(
      (list) => access[list].map((arn, index) => ({ path: ['access', list, index], arn })),
    ),
  ]
  for (const { path, arn } of arns)
    if (arn.split(':')[1] !== partition) tell(path, `an ARN of the partition ${partition}, in which ${value.region} is`)
})
export type Environment = z.infer<typeof environment>

/** The names of all fields, for messages. */
export const environmentFields = Object.keys(shape.shape)

/** The part of an environment that the functions and the command line get. */
export function configurationOf(environment: Environment): Configuration {
  const { $schema: _, account, ...others } = environment
  const known: Readonly<Record<string, unknown>> = { ...others, ownAccount: account }
  return configuration.parse(Object.fromEntries(Object.keys(configuration.shape).map((key) => [key, known[key]])))
}

/** Whether anything comes in through the API. Otherwise the deployment has no API. */
export function hasApi({ provisioning }: Environment): boolean {
  return Object.values(provisioning).some((way) => way !== 's3')
}

/** The part of an environment that the API needs. */
export const apiSettings = z.strictObject({
  access,
  changes: z.array(z.enum(['links', 'permission-sets', 'requests'])),
})
export type ApiSettings = z.infer<typeof apiSettings>

/** Settings of an API that nobody may use. */
export const closedApi: ApiSettings = apiSettings.parse({ access: {}, changes: [] })

export function apiSettingsOf({ access, provisioning }: Environment): ApiSettings {
  const { links, permissionSets, requests } = provisioning
  const changes: ApiSettings['changes'] = []
  if (links !== 's3') changes.push('links')
  if (permissionSets !== 's3') changes.push('permission-sets')
  if (requests !== 's3') changes.push('requests')
  return { access, changes }
}

/** Whether everything is in the management account, without a delegated administrator. */
export function isManagementDeployment({ account, managementAccount }: Environment): boolean {
  return account === managementAccount
}

function told(names: readonly string[]): string {
  return names.length === 0 ? 'there is none' : names.map((name) => `'${name}'`).join(', ')
}
