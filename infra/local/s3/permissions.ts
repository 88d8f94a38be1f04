import { attributesKey } from '../../../shared/domain/attributes/attributes-file.ts'
import { hygieneKey } from '../../../shared/domain/credentials/hygiene-file.ts'
import { ServiceError } from '../../../shared/ports/service-error.ts'
import {
  type FunctionPermissions,
  functionPermissions,
  operatorPermissions,
  plannerPermissions,
} from '../../function-permissions.ts'
import { isDeniedByBucket, type Signer, type WriteAction } from './local-bucket-policy.ts'

const inputPrefixes = ['links_data/', 'permission_sets/'] as const
const writable = ({ write = [], put = [] }: FunctionPermissions) => [...write, ...put]
/** What the policies of these roles and users allow; those of everybody else allow whatever the bucket's policy leaves open. */
const prefixesByRole = new Map<string, readonly string[]>([
  ['ssofile-api', writable(functionPermissions.api)],
  ['ssofile-page', writable(functionPermissions.page)],
  ['ssofile-operator', writable(operatorPermissions)],
  ['ssofile-planner', writable(plannerPermissions)],
  ['operator', [...inputPrefixes, 'memberships/', 'control/', 'requests/']],
  ['governance', ['policies/', 'selectors/', 'eligibility/', 'groups/', 'rules/', hygieneKey, attributesKey]],
  ['responder', ['drills/']],
  ['hr', ['suspended/', 'people/']],
])

const remedies = [
  ['control/', "use the access key id 'operator' for control/"],
  ['policies/', "use the access key id 'governance' for policies/"],
  ['selectors/', "use the access key id 'governance' for selectors/"],
  ['eligibility/', "use the access key id 'governance' for eligibility/"],
  ['groups/', "use the access key id 'governance' for groups/"],
  ['rules/', "use the access key id 'governance' for rules/"],
  [hygieneKey, `use the access key id 'governance' for ${hygieneKey}`],
  [attributesKey, `use the access key id 'governance' for ${attributesKey}`],
  ['retire/', "write in the folder of the account's owner, such as retire/team-a/"],
  ['suspended/', "use the access key id 'hr' for suspended/"],
  ['people/', "use the access key id 'hr' for people/"],
  ['drills/', "use the access key id 'responder' for drills/; nobody deletes there"],
  [
    'requests/',
    'people ask under their own user id: sign in as them (POST /_ssofile/sessions), or use ssofile request',
  ],
  [
    'approvals/',
    'people approve under their own user id: sign in as them (POST /_ssofile/sessions), or use ssofile approve',
  ],
  ['links_data/temporary/', 'ask for temporary access (ssofile request); ssofile alone writes what is granted'],
] as const

/** Throws ServiceError AccessDenied where a deployment's bucket policy would refuse this write. */
export function checkMayWrite(signer: Signer, action: WriteAction, key: string): void {
  const { accessKeyId, person } = signer
  if (accessKeyId === 'ssofile') return
  const own = prefixesByRole.get(accessKeyId)
  const mayByOwnPolicy = own?.some((prefix) => key.startsWith(prefix)) ?? true
  if (mayByOwnPolicy && !isDeniedByBucket(signer, action, key)) return
  const [
    ,
    remedy = 'upload links to links_data/ and permission sets to permission_sets/; nothing but ssofile writes elsewhere',
  ] = remedies.find(([prefix]) => key.startsWith(prefix)) ?? []
  const who = person === undefined ? `'${accessKeyId}'` : `${person.userName} (user id ${person.userId})`
  const verb = action === 'PutObject' ? 'write' : 'delete'
  throw new ServiceError('s3', 'AccessDenied', `Access Denied: ${who} may not ${verb} '${key}'; ${remedy}`)
}

/**
 * Throws ServiceError AccessDenied where a deployment's bucket policy lets nobody delete versions; here the access key id
 * `ssofile` may.
 */
export function checkMayDeleteVersion(accessKeyId: string, key: string): void {
  if (accessKeyId === 'ssofile') return
  throw new ServiceError(
    's3',
    'AccessDenied',
    `Access Denied: '${accessKeyId}' may not delete a version of '${key}', in a deployment nobody may; upload what shall be there, or use the access key id 'ssofile' here`,
  )
}

/** As an uploader whose policy lacks s3:ListBucket. */
const mayNotList = 'uploader-without-list'
/** As an uploader whose policy allows it with a condition on s3:prefix. */
const mayListPrefixes = 'uploader-of-prefixes'

/** Throws ServiceError AccessDenied for who may not list what begins with this. */
export function checkMayList(accessKeyId: string | undefined, prefix: string): void {
  if (accessKeyId !== mayNotList && !(accessKeyId === mayListPrefixes && prefix === '')) return
  throw new ServiceError('s3', 'AccessDenied', `Access Denied: '${accessKeyId}' may not list the bucket`)
}

/**
 * Who may not list is not told that an object is absent, nor who may list prefixes only: a request for an object has none.
 * (S3 API Reference, "GetObject" and "HeadObject", Permissions; IAM condition keys of S3, `s3:prefix`.)
 */
export function checkMayKnowAbsence(accessKeyId: string | undefined): void {
  if (accessKeyId === mayNotList || accessKeyId === mayListPrefixes)
    throw new ServiceError('s3', 'AccessDenied', 'Access Denied')
}

/** Throws ServiceError AccessDenied for everyone but who deploys, which is `ssofile` here. */
export function checkMaySetVersioning(accessKeyId: string | undefined): void {
  if (accessKeyId === 'ssofile') return
  throw new ServiceError(
    's3',
    'AccessDenied',
    `Access Denied: '${accessKeyId}' may not change the versioning of the bucket; use the access key id 'ssofile' here`,
  )
}
