import { ServiceError } from '../../../shared/ports/service-error.ts'

const inputPrefixes = ['links_data/', 'permission_sets/'] as const
const prefixesByRole: Readonly<Record<string, readonly string[]>> = {
  ssofile: [''],
  'ssofile-api': [...inputPrefixes, 'state/deletions/'],
  operator: [...inputPrefixes, 'control/'],
}

/** Throws ServiceError AccessDenied where a deployment's bucket policy would refuse this write. */
export function checkMayWrite(accessKeyId: string, key: string): void {
  const own = Object.hasOwn(prefixesByRole, accessKeyId) ? prefixesByRole[accessKeyId] : undefined
  if ((own ?? inputPrefixes).some((prefix) => key.startsWith(prefix))) return
  const remedy = key.startsWith('control/')
    ? "use the access key id 'operator' for control/"
    : 'upload links to links_data/ and permission sets to permission_sets/; nothing but ssofile writes elsewhere'
  throw new ServiceError('s3', 'AccessDenied', `Access Denied: '${accessKeyId}' may not write '${key}'; ${remedy}`)
}
