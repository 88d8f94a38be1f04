import type { Writers } from '../../../shared/domain/inputs/kind.ts'
import { kindAt, kinds, placesWrittenBy } from '../../../shared/domain/inputs/kinds.ts'
import { temporaryPrefix } from '../../../shared/domain/links/link.ts'
import { ServiceError } from '../../../shared/ports/service-error.ts'
import { permissionsOf, type RoleName } from '../../function-permissions.ts'
import {
  isDeniedByBucket,
  isSettingDenied,
  mayNotReadUses,
  type Signer,
  type WriteAction,
} from './local-bucket-policy.ts'

function writableBy(role: RoleName): readonly string[] {
  const { write = [], put = [] } = permissionsOf(role)
  return [...write, ...put]
}
/** The rights of these roles and users; everybody else may do everything that the bucket's policy does not deny. */
const prefixesByRole: Readonly<Record<string, () => readonly string[]>> = {
  'ssofile-api': () => writableBy('api'),
  'ssofile-page': () => writableBy('page'),
  'ssofile-operator': () => writableBy('operator'),
  'ssofile-planner': () => writableBy('planner'),
  operator: () => [
    ...placesWrittenBy('uploaders', 'permissionSetUploaders', 'memberships'),
    'control/',
    kinds.request.at,
  ],
  governance: () => placesWrittenBy('governance'),
  responder: () => ['drills/'],
  hr: () => placesWrittenBy('people', 'memberships'),
}

/** The writers of a key, in words: a place of its own, or the kind of input there. */
function remedyFor(key: string): string {
  if (key.startsWith('control/')) return "use the access key id 'operator' for control/"
  if (key.startsWith('drills/')) return "use the access key id 'responder' for drills/; nobody deletes there"
  if (key.startsWith(temporaryPrefix))
    return 'ask for temporary access (ssofile request); only ssofile writes granted access'
  const kind = kindAt(key)
  return (kind && remedies[kind.writers]?.(kind.at)) ?? elsewhere
}

const elsewhere = 'upload links to links_data/ and permission sets to permission_sets/; only ssofile writes elsewhere'
const commands = new Map<string, string>([
  [kinds.request.at, 'request'],
  [kinds.approval.at, 'approve'],
  [kinds.decision.at, 'review decide'],
])
const remedies: Partial<Record<Writers, (place: string) => string>> = {
  governance: (place) => `use the access key id 'governance' for ${place}`,
  people: (place) => `use the access key id 'hr' for ${place}`,
  accountOwners: (place) => `write in the folder of the account's owner, such as ${place}team-a/`,
  oneself: (place) =>
    `people write ${place} under their own user id: sign in as them (POST /_ssofile/sessions), or use ssofile ${commands.get(place)}`,
}

/** S3's words for a denial in the bucket's policy. (S3 User Guide, "Troubleshoot access denied (403 Forbidden) errors".) */
const byBucketPolicy = ', with an explicit deny in a resource-based policy'

/** Throws ServiceError AccessDenied if a deployment's bucket policy would refuse this write. */
export function checkMayWrite(signer: Signer, action: WriteAction, key: string): void {
  const { accessKeyId, person } = signer
  if (accessKeyId === 'ssofile') return
  const own = Object.hasOwn(prefixesByRole, accessKeyId) ? prefixesByRole[accessKeyId]?.() : undefined
  const mayByOwnPolicy = own?.some((prefix) => key.startsWith(prefix)) ?? true
  const isDenied = isDeniedByBucket(signer, action, key)
  if (mayByOwnPolicy && !isDenied) return
  const who = person === undefined ? `'${accessKeyId}'` : `${person.userName} (user id ${person.userId})`
  const verb = action === 'PutObject' ? 'write' : 'delete'
  const why = isDenied ? byBucketPolicy : ''
  throw new ServiceError(
    's3',
    'AccessDenied',
    `Access Denied: ${who} may not ${verb} '${key}'${why}; ${remedyFor(key)}`,
  )
}

/** Refuses a read that the caller's policy does not allow. Throws ServiceError AccessDenied. */
export function checkMayRead(accessKeyId: string | undefined, key: string): void {
  if (accessKeyId !== undefined && mayNotReadUses(accessKeyId, key))
    throw new ServiceError('s3', 'AccessDenied', `Access Denied: '${accessKeyId}' may not read '${key}'`)
}

/** Throws ServiceError AccessDenied if a deployment's bucket policy lets nobody delete versions; here the access key id `ssofile` may. */
export function checkMayDeleteVersion(accessKeyId: string, key: string): void {
  if (accessKeyId === 'ssofile') return
  throw new ServiceError(
    's3',
    'AccessDenied',
    `Access Denied: '${accessKeyId}' may not delete a version of '${key}'${byBucketPolicy}: in a deployment nobody may; upload the right object, or use the access key id 'ssofile' here`,
  )
}

/** Like an uploader whose policy lacks s3:ListBucket. */
const mayNotList = 'uploader-without-list'
/** Like an uploader whose policy allows it with a condition on s3:prefix. */
const mayListPrefixes = 'uploader-of-prefixes'

/** Throws ServiceError AccessDenied for a caller who may not list keys with this beginning. */
export function checkMayList(accessKeyId: string | undefined, prefix: string): void {
  if (accessKeyId !== mayNotList && !(accessKeyId === mayListPrefixes && prefix === '')) return
  throw new ServiceError('s3', 'AccessDenied', `Access Denied: '${accessKeyId}' may not list the bucket`)
}

/**
 * A caller without the right to list does not learn that an object is absent, nor does one who may list prefixes only: a request for an
 * object has none. (S3 API Reference, "GetObject" and "HeadObject", Permissions; IAM condition keys of S3, `s3:prefix`.)
 */
export function checkMayKnowAbsence(accessKeyId: string | undefined): void {
  if (accessKeyId === mayNotList || accessKeyId === mayListPrefixes)
    throw new ServiceError('s3', 'AccessDenied', 'Access Denied')
}

/** The settings of the bucket that its policy guards, by their parameter in a PUT. (S3 API Reference, "PutBucketVersioning" and others.) */
export const guardedSettings = {
  versioning: { action: 'PutBucketVersioning', words: 'the versioning' },
  lifecycle: { action: 'PutLifecycleConfiguration', words: 'the lifecycle' },
} as const

/** Throws ServiceError AccessDenied for everyone but the deployer, which is `ssofile` here. */
export function checkMaySet(setting: keyof typeof guardedSettings, accessKeyId = ''): void {
  const { action, words } = guardedSettings[setting]
  if (!isSettingDenied(accessKeyId, action)) return
  throw new ServiceError(
    's3',
    'AccessDenied',
    `Access Denied: '${accessKeyId}' may not change ${words} of the bucket${byBucketPolicy}; use the access key id 'ssofile' here`,
  )
}
