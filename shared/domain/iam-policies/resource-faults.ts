import { describeJson } from '../json/json-faults.ts'
import { nearMatch } from '../text/near-match.ts'
import { partsOfArn, type ValueFault } from './policy-variables.ts'

/** AWS General Reference, "Amazon Resource Names (ARNs)", and the partitions of AWS's other clouds. */
export const awsPartitions = [
  ...['aws', 'aws-cn', 'aws-us-gov', 'aws-eusc'],
  ...['aws-iso', 'aws-iso-b', 'aws-iso-e', 'aws-iso-f'],
] as const

/**
 * The types that IAM names when it refuses another one ("IAM resource path must either be "*", root, or start with user/, …"), and those of
 * the Service Authorization Reference, "AWS Identity and Access Management (IAM)".
 */
export const iamResourceTypes = [
  ...['user', 'federated-user', 'role', 'group', 'instance-profile', 'mfa', 'server-certificate', 'policy'],
  ...['sms-mfa', 'saml-provider', 'oidc-provider', 'report', 'access-report', 'assumed-role', 'delegation-request'],
  ...['role-template', 'contextProvider'],
] as const

/**
 * | a resource                              | verdict                                                                |
 * | --------------------------------------- | ---------------------------------------------------------------------- |
 * | `*`                                     | accepted                                                               |
 * | does not begin with `arn:`              | refused                                                                |
 * | `arn:aws:…`, `arn:aws-cn:…`, `arn:*:…`  | accepted; a partition that AWS does not have is refused                |
 * | `arn:aws:*:…`, `arn:aws:s*:…`           | refused: no wildcard in the service                                    |
 * | `arn:aws:dynamodb:*:table/x`            | accepted: a `*` that ends a part stands for further parts              |
 * | `arn:aws:organizations::*:`             | accepted                                                               |
 * | fewer than six parts otherwise          | refused                                                                |
 * | S3 or IAM with a Region                 | refused, except S3 resources that have a Region and an account         |
 * | IAM without one of its types            | refused, except `*` and `root`                                         |
 *
 * (IAM User Guide, "IAM JSON policy elements: Resource"; "IAM policy validation check reference", "Missing ARN field".)
 */
export function judgeResource(resource: string): ValueFault | undefined {
  if (resource === '*') return undefined
  const [arn, partition = '', service = '', region = '', account = '', last] = partsOfArn(resource)
  const refuse = (expected: string, remedy: string) => ({ received: describeJson(resource), expected, remedy })
  if (arn !== 'arn') return refuse('an ARN or "*"', remedyOfNoArn(resource))
  if (!isPartition(partition))
    return refuse(`a partition of AWS after arn:, one of ${awsPartitions.join(', ')}`, 'write arn:aws:…')
  if (!/^[a-z0-9-]+$/.test(service))
    return refuse(
      'a whole service in small letters in the ARN, without * or ?',
      'write the service, or "*" for everything',
    )
  if (last === undefined) {
    const isOpen = /\*(:|$)/.test(resource) && !resource.includes('::')
    return isOpen
      ? undefined
      : refuse(sixParts, 'write the missing parts, empty where there is none, such as arn:aws:s3:::b/*')
  }
  const isGlobal = service === 'iam' || (service === 's3' && account === '')
  if (isGlobal && region !== '' && region !== '*')
    return refuse(`an ARN without a Region: ${service} has none there`, `leave out '${region}' and keep the colons`)
  if (service === 'iam' && !isIamResource(last)) return refuse(...aType(last))
  return undefined
}

/** With a wildcard, IAM does not compare it with its list. */
function isPartition(partition: string): boolean {
  return /[*?]/.test(partition) ? /^[a-z*?-]+$/.test(partition) : awsPartitions.some((one) => one === partition)
}

function isIamResource(resource: string): boolean {
  return resource === '*' || resource === 'root' || iamResourceTypes.some((type) => resource.startsWith(`${type}/`))
}

function aType(resource: string): [expected: string, remedy: string] {
  const written = /^([A-Za-z-]+)\//.exec(resource)?.[1]
  const meant = written === undefined ? undefined : nearMatch(written, iamResourceTypes)
  const remedy =
    meant === undefined ? 'write role/… or user/…, or * for all of them' : `write ${meant}/ instead of ${written}/`
  return [`a type of IAM before the name: ${iamResourceTypes.map((type) => `${type}/`).join(', ')}`, remedy]
}

const sixParts = 'six parts: arn:partition:service:region:account:resource'

/** Most people write just the name of a bucket. */
function remedyOfNoArn(resource: string): string {
  return /^[a-z0-9.-]{3,63}(\/.*)?$/.test(resource)
    ? `if it is a bucket, write arn:aws:s3:::${resource.slice(0, 60)}`
    : 'write the whole ARN, or "*" for every resource'
}
