import {
  DeleteBucketLifecycleCommand,
  DeleteObjectCommand,
  GetBucketLifecycleConfigurationCommand,
  type LifecycleRule,
  PutBucketLifecycleConfigurationCommand,
  PutBucketVersioningCommand,
  S3ServiceException,
} from '@aws-sdk/client-s3'
import type { PolicyJson } from '../../infra/policy-statements.ts'
import type { AcceptanceContext, PersonKind } from './acceptance-context.ts'

/** What somebody with all rights on S3 tries, and the only denial of the bucket's policy that stands in the way. */
export type Attempt = {
  /** Its Sid; `folder`: the denials of folders have none. */
  readonly denial: string
  readonly by: Extract<PersonKind, 'bucketAdministrator' | 'bucketAdministratorSession' | 'uploader'>
  readonly action:
    | 'PutObject'
    | 'DeleteObject'
    | 'DeleteObjectVersion'
    | 'PutBucketVersioning'
    | 'PutLifecycleConfiguration'
  /** `''`: the bucket itself. */
  readonly key: string
}

/** A user of IAM Identity Center who does not exist: nobody's session has this id. */
const somebodyElse = '00000000-0000-4000-8000-000000000000'
const digest = '0123456789abcdef0123456789abcdef'

/** Harmless even if they succeed: every key has the name of this run, and the settings are those that the bucket has. */
export function attemptsOf(name: string): readonly Attempt[] {
  const by = 'bucketAdministrator'
  const signedIn = 'bucketAdministratorSession'
  const link = `account%000000000000%${name}%nobody%GROUP%ssofile`
  const write = (denial: string, key: string, who: Attempt['by'] = by): Attempt => ({
    ...{ denial, by: who, action: 'PutObject', key },
  })
  const records = ['assignments/', 'history/', 'changes/', 'access/', 'foreign/', 'status/', 'state/', 'reports/']
  return [
    ...records.map((record) => write('OnlySsofileWrites', record + name)),
    { denial: 'OnlySsofileWrites', by, action: 'DeleteObject', key: `assignments/${name}` },
    { denial: 'NobodyUndoes', by, action: 'DeleteObjectVersion', key: `history/${name}` },
    { denial: 'OnlyDeploymentsSetUp', by, action: 'PutBucketVersioning', key: '' },
    { denial: 'OnlyDeploymentsSetUp', by, action: 'PutLifecycleConfiguration', key: '' },
    write('OnlyPeopleApprove', `approvals/${somebodyElse}/${digest}`),
    write('OnlyPeopleAsk', `requests/${somebodyElse}/${link}`),
    { denial: 'OnlyPeopleEnd', by, action: 'DeleteObject', key: `requests/${somebodyElse}/${link}` },
    write('OnlyOperatorsControl', `control/${name}`),
    write('OnlyGovernance', `policies/${name}.json`),
    write('OnlyTheseSuspend', `suspended/${name}`),
    write('OnlyRespondersDrill', `drills/${name}`),
    { denial: 'DrillsStay', by, action: 'DeleteObject', key: `drills/${name}` },
    write('OutsideFolders', `links_data/${link}`),
    write('PermissionSets', `permission_sets/${name}.json`),
    write('folder', `memberships/${name}%nobody%ssofile`),
    // 'OutsideFolders' would refuse everybody else.
    write('OnlyRequestsGrant', `links_data/temporary/${link}`, 'uploader'),
    write('PeopleApproveOwn', `approvals/${somebodyElse}/${digest}`, signedIn),
    write('PeopleAskOwn', `requests/${somebodyElse}/${link}`, signedIn),
    { denial: 'PeopleEndTheirOwn', by: signedIn, action: 'DeleteObject', key: `requests/${somebodyElse}/${link}` },
    write('OnlySsofileWrites', `assignments/${name}`, signedIn),
    write('OnlyRequestsGrant', `links_data/temporary/${link}`, signedIn),
  ]
}

/** Denials that no administrator can try, and why. */
export const notTried: Readonly<Record<string, string>> = {
  OnlyByTls: 'the AWS SDK signs no request without TLS to AWS, and the local system has no TLS',
  OnlyTheseWriteLinks: "it binds only roles with ssofile's prefix in their names, or other writers of links",
  NobodyHereAsks: 'a deployment has it only if nobody of its account may request',
}

/** The Sids of the denials in a policy; a denial without one is that of a folder. */
export function denialsOf({ Statement }: PolicyJson): ReadonlySet<string> {
  return new Set(Statement.filter(({ Effect }) => Effect === 'Deny').map(({ Sid = 'folder' }) => Sid))
}

/** Rejects with what S3 answers. A write that succeeds is undone with the step. */
export async function attempt(context: AcceptanceContext, tried: Attempt): Promise<unknown> {
  const { bucket: Bucket } = context.options
  const s3 = context.s3(tried.by)
  switch (tried.action) {
    case 'PutObject':
      return context.put(tried.key, '', tried.by)
    case 'DeleteObject':
      return s3.send(new DeleteObjectCommand({ Bucket, Key: tried.key }))
    case 'DeleteObjectVersion':
      // No object has this name, so there is no version to lose.
      return s3.send(new DeleteObjectCommand({ Bucket, Key: tried.key, VersionId: 'null' }))
    case 'PutBucketVersioning':
      return s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }))
    case 'PutLifecycleConfiguration':
      return putLifecycle(context, tried.by)
    default:
      return tried.action satisfies never
  }
}

/** Puts the rules that are there; without any, one that is switched off, and goes again. */
async function putLifecycle(context: AcceptanceContext, by: PersonKind): Promise<void> {
  const { bucket: Bucket } = context.options
  const s3 = context.s3(by)
  const present = await s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket })).catch((error: unknown) => {
    if (error instanceof S3ServiceException && /^(NoSuchLifecycleConfiguration|NotImplemented)$/.test(error.name))
      return
    throw error
  })
  const off: LifecycleRule = {
    ...{ ID: context.prefix, Status: 'Disabled', Filter: { Prefix: context.prefix }, Expiration: { Days: 3_650 } },
  }
  const LifecycleConfiguration = { Rules: present?.Rules ?? [off] }
  await s3.send(new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration }))
  if (present === undefined) context.undo('the lifecycle', () => s3.send(new DeleteBucketLifecycleCommand({ Bucket })))
}
