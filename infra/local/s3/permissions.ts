import { ServiceError } from '../../../shared/ports/service-error.ts'
import {
  type FunctionPermissions,
  functionPermissions,
  operatorPermissions,
  plannerPermissions,
} from '../../function-permissions.ts'

const inputPrefixes = ['links_data/', 'permission_sets/'] as const
const writable = ({ write = [], put = [] }: FunctionPermissions) => [...write, ...put]
const prefixesByRole: Readonly<Record<string, readonly string[]>> = {
  ssofile: [''],
  'ssofile-api': writable(functionPermissions.api),
  'ssofile-operator': writable(operatorPermissions),
  'ssofile-planner': writable(plannerPermissions),
  operator: [...inputPrefixes, 'control/'],
  governance: ['policies/'],
}

const writers = [
  ['operator', 'control/'],
  ['governance', 'policies/'],
] as const

/** Throws ServiceError AccessDenied where a deployment's bucket policy would refuse this write. */
export function checkMayWrite(accessKeyId: string, key: string): void {
  const own = Object.hasOwn(prefixesByRole, accessKeyId) ? prefixesByRole[accessKeyId] : undefined
  if ((own ?? inputPrefixes).some((prefix) => key.startsWith(prefix))) return
  const [writer, prefix] = writers.find(([, one]) => key.startsWith(one)) ?? []
  const remedy = writer
    ? `use the access key id '${writer}' for ${prefix}`
    : 'upload links to links_data/ and permission sets to permission_sets/; nothing but ssofile writes elsewhere'
  throw new ServiceError('s3', 'AccessDenied', `Access Denied: '${accessKeyId}' may not write '${key}'; ${remedy}`)
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
