import { describeJson } from '../json/json-faults.ts'
import { partsOfArn, type ValueFault } from './policy-variables.ts'

/**
 * | a resource                              | verdict                                                                |
 * | --------------------------------------- | ---------------------------------------------------------------------- |
 * | `*`                                     | accepted                                                               |
 * | does not begin with `arn:`              | refused                                                                |
 * | `arn:aws:…`, `arn:aws-cn:…`, `arn:*:…`  | accepted; another partition is refused                                 |
 * | `arn:aws:*:…`, `arn:aws:s*:…`           | refused: no wildcard in the service                                    |
 * | `arn:aws:dynamodb:*:table/x`            | accepted: a `*` that ends a part stands for further parts              |
 * | `arn:aws:organizations::*:`             | accepted                                                               |
 * | fewer than six parts otherwise          | refused                                                                |
 * | S3 or IAM with a Region                 | refused, except S3 resources that have a Region and an account         |
 * | IAM without a type such as `role/`      | refused, except `*` and `root`                                         |
 *
 * (IAM User Guide, "IAM JSON policy elements: Resource"; "IAM policy validation check reference", "Missing ARN field".)
 */
export function judgeResource(resource: string): ValueFault | undefined {
  if (resource === '*') return undefined
  const [arn, partition = '', service = '', region = '', account = '', last] = partsOfArn(resource)
  const refuse = (expected: string, remedy: string) => ({ received: describeJson(resource), expected, remedy })
  if (arn !== 'arn') return refuse('an ARN or "*"', remedyOfNoArn(resource))
  if (!/^(aws(-[a-z]+)*|[a-z-]*[*?][a-z*?-]*)$/.test(partition))
    return refuse('a partition after arn:, such as aws, aws-cn or aws-us-gov', 'write arn:aws:…')
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
  if (service === 'iam' && !/^(\*$|root$|[A-Za-z-]+\/)/.test(last))
    return refuse(
      'a type of IAM before the name, such as role/ or user/',
      'write role/… or user/…, or * for all of them',
    )
  return undefined
}

const sixParts = 'six parts: arn:partition:service:region:account:resource'

/** Most people write just the name of a bucket. */
function remedyOfNoArn(resource: string): string {
  return /^[a-z0-9.-]{3,63}(\/.*)?$/.test(resource)
    ? `if it is a bucket, write arn:aws:s3:::${resource.slice(0, 60)}`
    : 'write the whole ARN, or "*" for every resource'
}
